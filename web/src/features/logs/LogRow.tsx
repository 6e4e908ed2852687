// One log line: a summary that opens into its fields.
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import { memo } from 'react';
import { ServiceTag } from '../../components/ServiceTag';
import { type LogEntry, summaryFields } from '../../datasources/loki/logLine';
import { useLocale } from '../../i18n/context';
import { levelColor } from '../../lib/colors';
import type { FieldFilter } from './fieldFilter';
import { LogDetails } from './LogDetails';
import { fieldOf, useLogActions } from './logActions';

export interface LogRowProps {
  entry: LogEntry;
  open: boolean;
  onToggle: (entry: LogEntry) => void;
  /** Shows the line as it was written instead of its message and fields. */
  raw?: boolean;
  wrap?: boolean;
  /** The date matters when the range is longer than a day. */
  withDate?: boolean;
  onFilter?: (filter: FieldFilter) => void;
}

const MOST_SUMMARY_FIELDS = 8;
const LONGEST_SUMMARY_VALUE = 60;

export const LogRow = memo(function LogRow({
  entry,
  open,
  onToggle,
  raw,
  wrap,
  withDate,
  onFilter,
}: LogRowProps) {
  const { t, format } = useLocale();
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const actions = useLogActions();
  const repeats = actions?.repeatsOf(entry) ?? 0;
  const color = levelColor(theme, entry.level);
  const level = t(`logs.level.${entry.level}`);
  const time = withDate ? format.dateTimePrecise(entry.timeMs) : format.clockPrecise(entry.timeMs);
  return (
    <div className={cx(styles.row, open && styles.open)} data-testid="log-row" data-level={entry.level}>
      <button
        type="button"
        className={styles.summary}
        aria-expanded={open}
        aria-label={`${t('logs.line', { level, service: entry.service, time })}: ${entry.message}`}
        onClick={() => onToggle(entry)}
      >
        <span className={styles.bar} style={{ background: color }} />
        <Icon name={open ? 'angle-down' : 'angle-right'} size="sm" className={styles.chevron} />
        <span className={styles.time}>{time}</span>
        <span className={styles.level} style={{ color }}>
          {level}
        </span>
        <span className={styles.service}>
          <ServiceTag name={entry.service} muted />
        </span>
        <span className={cx(styles.text, wrap && styles.wrapped)}>
          {repeats > 0 && (
            <span className={styles.repeats} title={t('explore.logs.repeats', { count: repeats })}>
              ×{repeats + 1}
            </span>
          )}
          {actions && actions.fields.length > 0 ? (
            <Chosen entry={entry} names={actions.fields} />
          ) : raw ? (
            entry.line
          ) : (
            <Summary entry={entry} />
          )}
        </span>
      </button>
      {open && <LogDetails entry={entry} onFilter={onFilter} />}
    </div>
  );
});

function Chosen({ entry, names }: { entry: LogEntry; names: readonly string[] }) {
  const styles = useStyles2(getStyles);
  return names.map((name) => (
    <span key={name} className={styles.field}>
      {name}=<span className={styles.value}>{fieldOf(entry, name) ?? '–'}</span>{' '}
    </span>
  ));
}

function Summary({ entry }: { entry: LogEntry }) {
  const styles = useStyles2(getStyles);
  return (
    <>
      {entry.message}
      {summaryFields(entry)
        .slice(0, MOST_SUMMARY_FIELDS)
        .map((field) => (
          <span key={field.name} className={styles.field}>
            {/* A space to break the line at; margins alone glue the words together. */ ' '}
            {field.name}=<span className={styles.value}>{field.value.slice(0, LONGEST_SUMMARY_VALUE)}</span>
          </span>
        ))}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const small = theme.breakpoints.down('sm');
  return {
    row: css({
      fontFamily: theme.typography.fontFamilyMonospace,
      fontSize: theme.typography.bodySmall.fontSize,
      borderBottom: `1px solid ${theme.colors.border.weak}`,
    }),
    open: css({ background: theme.colors.background.secondary }),
    summary: css({
      display: 'flex',
      alignItems: 'baseline',
      gap: theme.spacing(1),
      width: '100%',
      padding: theme.spacing(0.5, 1, 0.5, 0),
      border: 'none',
      background: 'transparent',
      color: theme.colors.text.primary,
      font: 'inherit',
      lineHeight: 1.5,
      textAlign: 'left',
      '&:hover': { background: theme.colors.action.hover },
      '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: -2 },
      [small]: { flexWrap: 'wrap', gap: theme.spacing(0, 1) },
    }),
    bar: css({ alignSelf: 'stretch', width: 3, flexShrink: 0, [small]: { minHeight: 18 } }),
    chevron: css({ alignSelf: 'center', flexShrink: 0, color: theme.colors.text.secondary }),
    time: css({ flexShrink: 0, color: theme.colors.text.secondary, fontVariantNumeric: 'tabular-nums' }),
    level: css({ flexShrink: 0, minWidth: '7ch', [small]: { minWidth: 0 } }),
    service: css({
      flexShrink: 0,
      width: '20ch',
      overflow: 'hidden',
      alignSelf: 'center',
      display: 'inline-flex',
      [small]: { width: 'auto' },
    }),
    text: css({
      flex: 1,
      minWidth: 0,
      overflow: 'hidden',
      textOverflow: 'ellipsis',
      whiteSpace: 'nowrap',
      [small]: {
        flexBasis: '100%',
        maxHeight: '4.5em',
        paddingLeft: theme.spacing(1.5),
        whiteSpace: 'normal',
        overflowWrap: 'anywhere',
      },
    }),
    wrapped: css({
      whiteSpace: 'pre-wrap',
      overflowWrap: 'anywhere',
      [small]: { maxHeight: 'none', whiteSpace: 'pre-wrap' },
    }),
    repeats: css({
      marginRight: theme.spacing(1),
      padding: theme.spacing(0, 0.75),
      borderRadius: 8,
      background: theme.colors.secondary.main,
    }),
    field: css({ marginLeft: theme.spacing(0.5), color: theme.colors.text.secondary }),
    value: css({
      color: theme.isDark ? theme.visualization.getColorByName('light-blue') : theme.colors.primary.text,
    }),
  };
};
