// Traces that a search found, with the spans that matched; each leads to its trace.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, IconButton, useStyles2, useTheme2 } from '@grafana/ui';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { ServiceTag } from '../../../components/ServiceTag';
import type { FoundTrace } from '../../../datasources/tempo/search';
import { useLocale } from '../../../i18n/context';
import { serviceColor } from '../../../lib/colors';

export interface FoundTracesProps {
  traces: readonly FoundTrace[];
  address: (traceId: string, spanId?: string) => string;
}

export function FoundTraces({ traces, address }: FoundTracesProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const longest = Math.max(1, ...traces.map(({ durationMs }) => durationMs));
  return (
    <div className={styles.scroll}>
      <table className={styles.table} aria-label={t('traces.results')}>
        <thead>
          <tr>
            <th scope="col" aria-label={t('trace.spans')} />
            <th scope="col">{t('traces.column.trace')}</th>
            <th scope="col" className={styles.wide}>
              {t('traces.column.started')}
            </th>
            <th scope="col">{t('traces.column.duration')}</th>
            <th scope="col" className={styles.wide}>
              {t('traces.column.services')}
            </th>
          </tr>
        </thead>
        <tbody>
          {traces.map((trace) => (
            <Rows key={trace.traceId} trace={trace} longest={longest} address={address} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Rows({
  trace,
  longest,
  address,
}: {
  trace: FoundTrace;
  longest: number;
  address: FoundTracesProps['address'];
}) {
  const { t, format } = useLocale();
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const [open, setOpen] = useState(false);
  const { traceId, rootService, rootName, durationMs } = trace;
  return (
    <>
      <tr data-testid="found-trace">
        <td>
          {trace.spans.length > 0 && (
            <IconButton
              name={open ? 'angle-down' : 'angle-right'}
              aria-expanded={open}
              aria-label={t('explore.traces.showSpans', { count: trace.matched || trace.spans.length })}
              onClick={() => setOpen(!open)}
            />
          )}
        </td>
        <td>
          <Link to={address(traceId)} className={styles.link}>
            <ServiceTag name={rootService || trace.services[0] || '?'} />{' '}
            <strong>{rootName || t('traces.rootMissing')}</strong>
          </Link>{' '}
          {trace.errorCount > 0 && (
            <Badge color="red" text={t.plural('explore.traces.errors', trace.errorCount)} />
          )}
          <code className={styles.id}>{traceId}</code>
        </td>
        <td className={styles.wide}>{format.dateTime(trace.startMs)}</td>
        <td className={styles.number}>
          {format.durationMs(durationMs)}
          <span className={styles.track}>
            <span
              className={styles.fill}
              style={{
                width: `${Math.max(2, (durationMs / longest) * 100)}%`,
                background: serviceColor(theme, rootService),
              }}
            />
          </span>
        </td>
        <td className={styles.wide}>
          <span className={styles.services}>
            {Object.values(trace.services).map((service) => (
              <ServiceTag key={service} name={service} muted />
            ))}
          </span>
        </td>
      </tr>
      {open &&
        trace.spans.map((span) => (
          <tr key={span.spanId} className={styles.span} data-testid="found-span">
            <td />
            <td>
              <Link to={address(traceId, span.spanId)} className={styles.link}>
                {span.name || span.spanId}
              </Link>{' '}
              {span.attributes.map(({ name, value }) => (
                <code key={name} className={styles.attribute}>{`${name}=${value}`}</code>
              ))}
            </td>
            <td className={styles.wide}>{format.clockPrecise(span.startMs)}</td>
            <td className={styles.number}>{format.durationMs(span.durationMs)}</td>
            <td className={styles.wide} />
          </tr>
        ))}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  scroll: css({ overflowX: 'auto' }),
  table: css({
    width: '100%',
    'th, td': { padding: theme.spacing(0.75, 1), textAlign: 'left' },
    th: { color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
    'tbody tr:hover': { background: theme.colors.action.hover },
  }),
  link: css({ '&:hover': { color: theme.colors.text.link, textDecoration: 'underline' } }),
  id: css({
    whiteSpace: 'normal',
    overflowWrap: 'anywhere',
    display: 'block',
    padding: 0,
    border: 'none',
    background: 'none',
    color: theme.colors.text.secondary,
  }),
  number: css({ whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }),
  track: css({
    display: 'block',
    width: '100%',
    maxWidth: 90,
    height: 4,
    background: theme.colors.background.secondary,
  }),
  fill: css({ display: 'block', height: 4, borderRadius: 2 }),
  wide: css({ [theme.breakpoints.down('md')]: { display: 'none' } }),
  services: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0.25, 1.5) }),
  span: css({ background: theme.colors.background.secondary }),
  attribute: css({ marginRight: theme.spacing(0.5) }),
});
