// One span in the waterfall: its name at its depth, its bar at its time.
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import { memo } from 'react';
import type { PathSegment } from '../../datasources/tempo/criticalPath';
import type { SpanNode } from '../../datasources/tempo/trace';
import { useLocale } from '../../i18n/context';
import { serviceColor } from '../../lib/colors';
import { NAME_COLUMN, percent, STACKED } from './layout';

export interface SpanRowProps {
  node: SpanNode;
  /** The part of the trace that is in view. */
  window: PathSegment;
  /** When the trace waits for this span and no other. */
  critical: readonly PathSegment[] | undefined;
  collapsed: boolean;
  dimmed: boolean;
  selected: boolean;
  onToggleChildren: (node: SpanNode) => void;
  onSelect: (spanId: string) => void;
}

const INDENT = 14;
/** Bars that end beyond this share of the width carry their duration on the left. */
const LABEL_LEFT_FROM = 82;

export const SpanRow = memo(function SpanRow(props: SpanRowProps) {
  const { node, window: shown, critical, dimmed, selected, onSelect } = props;
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  const { span } = node;
  const duration = format.durationMs(node.durationMs);
  const failed = span.status === 'error';
  return (
    <div
      className={cx(styles.row, selected && styles.selected, dimmed && styles.dimmed)}
      data-testid="span-row"
      data-service={span.service}
      data-status={span.status}
    >
      <div className={styles.name} style={{ paddingLeft: 8 + node.depth * INDENT }}>
        <ChildrenToggle {...props} />
        <SpanName {...props} />
        <span className={styles.besideName}>{duration}</span>
      </div>
      <button
        type="button"
        className={styles.timeline}
        data-testid="span-open"
        aria-expanded={selected}
        aria-label={`${t('trace.spanRow', { service: span.service, name: span.name, duration })}${failed ? `, ${t('trace.failed')}` : ''}`}
        onClick={() => onSelect(span.spanId)}
      >
        <Bar node={node} window={shown} critical={critical} duration={duration} />
      </button>
    </div>
  );
});

function ChildrenToggle({ node, collapsed, onToggleChildren }: SpanRowProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  if (node.children.length === 0) {
    return <span className={styles.toggle} />;
  }
  const label = t(collapsed ? 'trace.showChildren' : 'trace.hideChildren', { name: node.span.name });
  return (
    <button
      type="button"
      className={styles.toggle}
      aria-label={label}
      aria-expanded={!collapsed}
      title={label}
      onClick={() => onToggleChildren(node)}
    >
      <Icon name={collapsed ? 'angle-right' : 'angle-down'} size="sm" />
    </button>
  );
}

function SpanName({ node, collapsed, onSelect }: SpanRowProps) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const { span } = node;
  const hiddenFailure = collapsed && node.failedBelow;
  return (
    // The timeline beside it is the same button for keyboards and screen readers.
    <button
      type="button"
      tabIndex={-1}
      aria-hidden="true"
      className={styles.title}
      title={`${span.service} · ${span.name}`}
      onClick={() => onSelect(span.spanId)}
    >
      <span className={styles.mark} style={{ background: serviceColor(theme, span.service) }} />
      {(span.status === 'error' || hiddenFailure) && (
        <Icon name="exclamation-circle" size="sm" className={styles.failed} />
      )}
      <span className={styles.service}>{span.service}</span>
      <span className={styles.operation}>{span.name}</span>
      {collapsed && <span className={styles.count}>+{node.descendants}</span>}
    </button>
  );
}

function Bar({
  node,
  window: shown,
  critical,
  duration,
}: Pick<SpanRowProps, 'node' | 'window' | 'critical'> & { duration: string }) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const { span } = node;
  const at = (ms: number) => percent(ms - shown.fromMs, shown.toMs - shown.fromMs);
  const left = at(node.offsetMs);
  const width = Math.max(0.25, at(node.offsetMs + node.durationMs) - left);
  const end = Math.min(100, left + width);
  const labelLeft = end > LABEL_LEFT_FROM && left > 100 - LABEL_LEFT_FROM;
  const inside = !labelLeft && end > LABEL_LEFT_FROM;
  return (
    <span className={styles.track} aria-hidden="true">
      <span
        className={cx(styles.bar, span.status === 'error' && styles.failedBar)}
        style={{
          left: `${left}%`,
          width: `${Math.min(width, 100 - left)}%`,
          background: serviceColor(theme, span.service),
        }}
      >
        {span.events.map((event, index) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity but their place
            key={index}
            className={styles.event}
            style={{ left: `${percent(Number(event.timeNs - span.startNs) / 1e6, node.durationMs)}%` }}
          />
        ))}
      </span>
      {critical?.map(({ fromMs, toMs }) => (
        <span
          key={fromMs}
          className={styles.critical}
          data-testid="critical"
          style={{ left: `${at(fromMs)}%`, width: `${at(toMs) - at(fromMs)}%` }}
        />
      ))}
      <span
        className={cx(styles.duration, inside && styles.inside)}
        style={
          labelLeft
            ? { right: `${100 - left}%`, marginRight: 6 }
            : inside
              ? { left: `${left}%`, marginLeft: 6 }
              : { left: `${end}%`, marginLeft: 6 }
        }
      >
        {duration}
      </span>
    </span>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const plain = {
    border: 'none',
    background: 'transparent',
    color: 'inherit',
    font: 'inherit',
    padding: 0,
  } as const;
  return {
    row: css({
      display: 'flex',
      alignItems: 'stretch',
      minHeight: 30,
      borderBottom: `1px solid ${theme.colors.border.weak}`,
      fontSize: theme.typography.bodySmall.fontSize,
      '&:hover': { background: theme.colors.action.hover },
      [STACKED]: { flexDirection: 'column' },
    }),
    selected: css({ background: theme.colors.action.selected }),
    dimmed: css({ opacity: 0.4 }),
    name: css({
      display: 'flex',
      alignItems: 'center',
      gap: theme.spacing(0.5),
      width: NAME_COLUMN,
      flexShrink: 0,
      overflow: 'hidden',
      borderRight: `1px solid ${theme.colors.border.weak}`,
      [STACKED]: { width: '100%', border: 'none', paddingTop: theme.spacing(0.5) },
    }),
    toggle: css({
      ...plain,
      display: 'inline-flex',
      alignItems: 'center',
      justifyContent: 'center',
      width: 20,
      height: 24,
      flexShrink: 0,
      color: theme.colors.text.secondary,
      'button&:hover': { color: theme.colors.text.primary },
    }),
    title: css({
      ...plain,
      display: 'inline-flex',
      alignItems: 'center',
      gap: theme.spacing(0.75),
      minWidth: 0,
      textAlign: 'left',
      whiteSpace: 'nowrap',
    }),
    mark: css({ width: 4, height: 18, borderRadius: 2, flexShrink: 0 }),
    failed: css({ color: theme.colors.error.text, flexShrink: 0 }),
    service: css({ color: theme.colors.text.secondary, flexShrink: 0 }),
    operation: css({
      fontWeight: theme.typography.fontWeightMedium,
      overflow: 'hidden',
      textOverflow: 'ellipsis',
    }),
    count: css({
      padding: theme.spacing(0, 0.75),
      borderRadius: 8,
      background: theme.colors.background.secondary,
      color: theme.colors.text.secondary,
      flexShrink: 0,
    }),
    timeline: css({
      ...plain,
      position: 'relative',
      flex: 1,
      minWidth: 0,
      paddingRight: theme.spacing(1.5),
      textAlign: 'left',
      // Quarter lines, as the axis has them.
      '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: -2 },
      [STACKED]: { height: 24, flex: 'none', paddingLeft: theme.spacing(1.5) },
    }),
    track: css({
      position: 'relative',
      display: 'block',
      height: '100%',
      backgroundImage: `linear-gradient(to right, ${theme.colors.border.weak} 1px, transparent 1px)`,
      backgroundSize: '25% 100%',
    }),
    bar: css({
      position: 'absolute',
      top: '50%',
      height: 12,
      marginTop: -6,
      minWidth: 2,
      borderRadius: 2,
      [STACKED]: { height: 8, marginTop: -4 },
    }),
    critical: css({
      position: 'absolute',
      top: '50%',
      marginTop: 3,
      height: 3,
      background: theme.colors.text.maxContrast,
      [STACKED]: { marginTop: 2 },
    }),
    failedBar: css({ boxShadow: `0 0 0 2px ${theme.colors.error.main}` }),
    event: css({
      position: 'absolute',
      top: 2,
      bottom: 2,
      width: 2,
      background: theme.colors.background.primary,
      opacity: 0.8,
    }),
    duration: css({
      position: 'absolute',
      top: '50%',
      transform: 'translateY(-50%)',
      color: theme.colors.text.secondary,
      whiteSpace: 'nowrap',
      fontVariantNumeric: 'tabular-nums',
      [STACKED]: { display: 'none' },
    }),
    besideName: css({
      display: 'none',
      [STACKED]: {
        display: 'block',
        marginLeft: 'auto',
        paddingRight: theme.spacing(1.5),
        color: theme.colors.text.secondary,
        whiteSpace: 'nowrap',
      },
    }),
    inside: css({ color: '#111217', fontWeight: theme.typography.fontWeightMedium }),
  };
};
