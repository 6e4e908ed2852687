// Traces found by a search: a table, and cards where a table would not fit.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, useStyles2, useTheme2 } from '@grafana/ui';
import { Link } from 'react-router-dom';
import { ServiceTag } from '../../components/ServiceTag';
import type { TraceSummary } from '../../datasources/tempo/client';
import { useLocale } from '../../i18n/context';
import { serviceColor } from '../../lib/colors';
import { tracePath } from '../../lib/paths';
import { useNow } from '../../lib/useNow';

export interface TraceTableProps {
  traces: readonly TraceSummary[];
  /** Leaves out the columns for which a narrow place has no room. */
  brief?: boolean;
}

export function TraceTable({ traces, brief }: TraceTableProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const now = useNow();
  const longest = Math.max(1, ...traces.map((trace) => trace.durationMs));
  return (
    <div className={styles.scroll}>
      <table className={styles.table} aria-label={t('traces.results')}>
        <thead>
          <tr>
            <th scope="col">{t('traces.column.trace')}</th>
            <th scope="col" className={styles.wide}>
              {t('traces.column.started')}
            </th>
            <th scope="col">{t('traces.column.duration')}</th>
            <th scope="col" className={styles.number}>
              {t('traces.column.spans')}
            </th>
            <th scope="col" className={styles.number}>
              {t('traces.column.errors')}
            </th>
            {!brief && (
              <th scope="col" className={styles.wide}>
                {t('traces.column.services')}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {traces.map((trace) => (
            <TraceRow key={trace.traceId} trace={trace} longest={longest} now={now} brief={brief} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface TraceRowProps {
  trace: TraceSummary;
  longest: number;
  now: number;
  brief?: boolean;
}

function TraceRow({ trace, longest, now, brief }: TraceRowProps) {
  const { t, format } = useLocale();
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const { rootService, rootName, durationMs } = trace;
  return (
    <tr data-testid="trace-row">
      <td>
        <Link to={tracePath(trace.traceId)} className={styles.link}>
          <span className={brief ? styles.stacked : styles.root}>
            <ServiceTag name={rootService || trace.services[0] || '?'} muted={brief} />
            <span className={styles.name}>{rootName || t('traces.rootMissing')}</span>
          </span>
        </Link>
        <div className={styles.narrow}>{format.relative(trace.startMs, now)}</div>
      </td>
      <td className={styles.wide} title={format.dateTimePrecise(trace.startMs)}>
        <span className={styles.quiet}>
          {brief ? format.relative(trace.startMs, now) : format.dateTime(trace.startMs)}
        </span>
      </td>
      <td>
        <div className={styles.duration}>
          <span className={styles.figure}>{durationMs > 0 ? format.durationMs(durationMs) : '<1 ms'}</span>
          <span className={styles.track} aria-hidden="true">
            <span
              className={styles.fill}
              style={{
                width: `${Math.max(2, (durationMs / longest) * 100)}%`,
                background: serviceColor(theme, rootService),
              }}
            />
          </span>
        </div>
      </td>
      <td className={styles.number}>{format.count(trace.spanCount)}</td>
      <td className={styles.number}>
        {trace.errorCount > 0 ? (
          <Badge color="red" text={format.count(trace.errorCount)} />
        ) : (
          <span className={styles.quiet}>0</span>
        )}
      </td>
      {!brief && (
        <td className={styles.wide}>
          <span className={styles.services}>
            {trace.services.map((service) => (
              <ServiceTag key={service} name={service} muted />
            ))}
          </span>
        </td>
      )}
    </tr>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const small = theme.breakpoints.down('sm');
  return {
    scroll: css({ overflowX: 'auto' }),
    table: css({
      width: '100%',
      borderCollapse: 'collapse',
      'th, td': { padding: theme.spacing(0.75, 1), textAlign: 'left', verticalAlign: 'middle' },
      'th:first-of-type, td:first-of-type': { paddingLeft: theme.spacing(1.5) },
      th: {
        color: theme.colors.text.secondary,
        fontSize: theme.typography.bodySmall.fontSize,
        fontWeight: theme.typography.fontWeightMedium,
        whiteSpace: 'nowrap',
      },
      'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
      'tbody tr:hover': { background: theme.colors.action.hover },
    }),
    link: css({
      color: theme.colors.text.primary,
      '&:hover': { color: theme.colors.text.link, textDecoration: 'underline' },
    }),
    root: css({
      display: 'inline-flex',
      flexWrap: 'wrap',
      alignItems: 'baseline',
      columnGap: theme.spacing(1),
      minWidth: 0,
      maxWidth: '100%',
    }),
    stacked: css({ display: 'flex', flexDirection: 'column-reverse', minWidth: 0 }),
    name: css({ fontWeight: theme.typography.fontWeightMedium, overflowWrap: 'anywhere' }),
    quiet: css({ color: theme.colors.text.secondary, whiteSpace: 'nowrap' }),
    narrow: css({
      display: 'none',
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
      [small]: { display: 'block' },
    }),
    wide: css({ [small]: { display: 'none' } }),
    number: css({ '&&': { textAlign: 'right' }, fontVariantNumeric: 'tabular-nums' }),
    duration: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
    figure: css({ minWidth: '7ch', whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }),
    track: css({
      flex: 1,
      minWidth: 48,
      maxWidth: 160,
      height: 4,
      borderRadius: 2,
      background: theme.colors.background.secondary,
      [small]: { display: 'none' },
    }),
    fill: css({ display: 'block', height: '100%', borderRadius: 2 }),
    services: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0.25, 1.5) }),
  };
};
