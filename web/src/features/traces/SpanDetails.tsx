// What one span says about itself: figures, attributes, events, links, and where it came from.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { NavButton } from '../../components/NavButton';
import { EVERYTHING, selectValues } from '../../datasources/loki/logql';
import {
  type Attribute,
  nsToMs,
  type SpanNode,
  type Trace,
  type TraceTree,
} from '../../datasources/tempo/trace';
import { useLocale } from '../../i18n/context';
import { logsOfIdPath, tracePath } from '../../lib/paths';
import { useTraceLinks } from './traceLinks';

export interface SpanDetailsProps {
  node: SpanNode;
  trace: Trace;
  tree: TraceTree;
}

export function SpanDetails({ node, trace, tree }: SpanDetailsProps) {
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  const { span } = node;
  const links = useTraceLinks();
  const logs =
    links?.logsAddress(span.spanId, span.service) ??
    logsOfIdPath(
      selectValues(EVERYTHING, 'service_name', [span.service]),
      span.spanId,
      tree.startMs + node.offsetMs,
      node.durationMs,
    );
  const status = span.statusMessage ? `${span.status}: ${span.statusMessage}` : span.status;
  const figures: Attribute[] = [
    { name: t('trace.startOffset'), value: format.durationMs(node.offsetMs) },
    { name: t('trace.duration'), value: format.durationMs(node.durationMs) },
    { name: t('trace.selfTime'), value: format.durationMs(node.selfMs) },
    { name: t('trace.kind'), value: span.kind },
    { name: t('trace.status'), value: status },
    { name: t('trace.spanId'), value: span.spanId },
    { name: t('trace.parentId'), value: span.parentId || t('trace.noParent') },
  ];
  return (
    <div className={styles.details} data-testid="span-details" data-trace={trace.traceId}>
      <div className={styles.head}>
        <strong className={styles.title}>
          {span.service} · {span.name}
        </strong>
        <NavButton to={logs} small variant="secondary" icon="gf-logs">
          {t('trace.spanLogs')}
        </NavButton>
      </div>
      {node.orphan && <div className={styles.note}>{t('trace.orphan')}</div>}
      <dl className={styles.figures}>
        {figures.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd data-status={value === status ? span.status : undefined}>{value}</dd>
          </div>
        ))}
      </dl>
      <div className={styles.columns}>
        <Section title={t('trace.attributes')} attributes={span.attributes} />
        <Section title={t('trace.resource')} attributes={span.resource} />
      </div>
      <Events node={node} />
      <Links node={node} />
      {span.scope && (
        <div className={styles.scope}>
          {t('trace.scope')}: {span.scope}
        </div>
      )}
    </div>
  );
}

function Section({ title, attributes }: { title: string; attributes: readonly Attribute[] }) {
  const styles = useStyles2(getStyles);
  if (attributes.length === 0) {
    return null;
  }
  return (
    <table className={styles.table}>
      <caption>{title}</caption>
      <tbody>
        {attributes.map(({ name, value }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Events({ node }: { node: SpanNode }) {
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  const { span } = node;
  if (span.events.length === 0) {
    return null;
  }
  return (
    <div>
      <div className={styles.caption}>{t('trace.events')}</div>
      {span.events.map((event, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity but their place
        <div key={index} className={styles.event}>
          <div>
            <strong>{event.name}</strong>{' '}
            <span className={styles.quiet}>
              +{format.durationMs(Math.max(0, nsToMs(event.timeNs - span.startNs)))}
            </span>
          </div>
          <Section title="" attributes={event.attributes} />
        </div>
      ))}
    </div>
  );
}

function Links({ node }: { node: SpanNode }) {
  const { t } = useLocale();
  const links = useTraceLinks();
  const styles = useStyles2(getStyles);
  if (node.span.links.length === 0) {
    return null;
  }
  return (
    <div>
      <div className={styles.caption}>{t('trace.links')}</div>
      {node.span.links.map((link) => (
        <div key={`${link.traceId} ${link.spanId}`} className={styles.event}>
          <NavButton
            to={links?.traceAddress(link.traceId, link.spanId) ?? tracePath(link.traceId, link.spanId)}
            small
            variant="secondary"
            icon="link"
          >
            {t('trace.openLink')}
          </NavButton>{' '}
          <code>{link.traceId}</code>
          <Section title="" attributes={link.attributes} />
        </div>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  details: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1.5),
    padding: theme.spacing(1.5, 2, 2, 4),
    background: theme.colors.background.secondary,
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    fontSize: theme.typography.bodySmall.fontSize,
    [theme.breakpoints.down('sm')]: { padding: theme.spacing(1.5) },
  }),
  head: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'space-between',
    gap: theme.spacing(1),
  }),
  title: css({ fontSize: theme.typography.body.fontSize, overflowWrap: 'anywhere' }),
  note: css({ color: theme.colors.warning.text }),
  figures: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1, 3),
    margin: 0,
    dt: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightRegular },
    dd: { margin: 0, overflowWrap: 'anywhere' },
    'dd[data-status="error"]': { color: theme.colors.error.text },
  }),
  columns: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 380px), 1fr))',
    gap: theme.spacing(1.5, 4),
    alignItems: 'start',
  }),
  table: css({
    width: '100%',
    borderCollapse: 'collapse',
    fontFamily: theme.typography.fontFamilyMonospace,
    caption: {
      captionSide: 'top',
      padding: theme.spacing(0, 0, 0.5, 0),
      color: theme.colors.text.secondary,
      fontFamily: theme.typography.fontFamily,
      fontWeight: theme.typography.fontWeightMedium,
    },
    'caption:empty': { display: 'none' },
    th: {
      width: '42%',
      padding: theme.spacing(0.25, 2, 0.25, 0),
      color: theme.colors.text.secondary,
      fontWeight: theme.typography.fontWeightRegular,
      textAlign: 'left',
      verticalAlign: 'top',
      overflowWrap: 'anywhere',
    },
    td: { padding: theme.spacing(0.25, 0), overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' },
    tr: { borderTop: `1px solid ${theme.colors.border.weak}` },
  }),
  caption: css({ color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightMedium }),
  event: css({ padding: theme.spacing(0.5, 0) }),
  quiet: css({ color: theme.colors.text.secondary }),
  scope: css({ color: theme.colors.text.secondary }),
});
