// One trace: its figures, its waterfall, and the way to its logs.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, ClipboardButton, useStyles2 } from '@grafana/ui';
import { type ReactNode, useMemo } from 'react';
import { useParams } from 'react-router-dom';
import { NavButton } from '../../components/NavButton';
import { PageToolbar } from '../../components/PageToolbar';
import { ErrorState, LoadingState, StateMessage } from '../../components/StateMessage';
import { EVERYTHING } from '../../datasources/loki/logql';
import { isTraceId, traceById } from '../../datasources/tempo/client';
import { buildTree, type Trace, type TraceTree } from '../../datasources/tempo/trace';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { logsOfIdPath } from '../../lib/paths';
import { useResource } from '../../lib/useResource';
import { Waterfall } from './Waterfall';

export function TracePage() {
  const { t } = useLocale();
  const traceId = (useParams().traceId ?? '').toLowerCase();
  const valid = isTraceId(traceId);
  const found = useResource(traceId, valid ? traceId : undefined, (signal) => traceById(traceId, signal));
  const back = (
    <NavButton to="/traces" variant="secondary" icon="arrow-left">
      {t('trace.back')}
    </NavButton>
  );
  if (!valid) {
    return (
      <StateMessage tone="error" title={t('trace.invalidId')} hint={t('traces.idInvalid')} action={back} />
    );
  }
  if (found.error !== undefined) {
    return <ErrorState message={describeError(found.error, 'traces', t)} onRetry={found.reload} />;
  }
  if (found.loading) {
    return <LoadingState />;
  }
  return found.data ? (
    <TraceView trace={found.data} back={back} />
  ) : (
    <StateMessage title={t('trace.notFound')} hint={t('trace.notFoundHint')} action={back} />
  );
}

function TraceView({ trace, back }: { trace: Trace; back: ReactNode }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const tree = useMemo(() => buildTree(trace), [trace]);
  const root = tree.roots[0]?.span;
  const title = root ? `${root.service}: ${root.name}` : t('trace.title');
  return (
    <>
      <PageToolbar
        title={title}
        actions={
          <>
            {back}
            <NavButton
              to={logsOfIdPath(EVERYTHING, trace.traceId, tree.startMs, tree.durationMs)}
              icon="gf-logs"
            >
              {t('trace.logs')}
            </NavButton>
          </>
        }
      />
      {trace.warning && <Alert severity="warning" title={t('trace.partial', { message: trace.warning })} />}
      <dl className={styles.facts}>
        <Facts trace={trace} tree={tree} />
      </dl>
      <Waterfall trace={trace} tree={tree} />
    </>
  );
}

function Facts({ trace, tree }: { trace: Trace; tree: TraceTree }) {
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  const facts: [string, ReactNode][] = [
    [t('trace.started'), format.dateTimePrecise(tree.startMs)],
    [t('trace.duration'), format.durationMs(tree.durationMs)],
    [t('trace.spans'), format.count(trace.spans.length)],
    [
      t('trace.errors'),
      <span key="errors" className={tree.errorCount > 0 ? styles.bad : undefined}>
        {format.count(tree.errorCount)}
      </span>,
    ],
    [t('trace.services'), format.count(tree.services.length)],
    [t('trace.depth'), format.count(tree.depth)],
    [
      t('trace.id'),
      <span key="id" className={styles.id}>
        <code className={styles.code}>{trace.traceId}</code>
        <ClipboardButton
          size="sm"
          variant="secondary"
          fill="text"
          icon="copy"
          aria-label={t('common.copy')}
          getText={() => trace.traceId}
        />
      </span>,
    ],
  ];
  return facts.map(([name, value]) => (
    <div key={name} className={styles.fact}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  ));
}

const getStyles = (theme: GrafanaTheme2) => ({
  facts: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1, 4),
    margin: theme.spacing(0, 0, 2, 0),
    padding: theme.spacing(1.25, 1.5),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    [theme.breakpoints.down('sm')]: { gap: theme.spacing(1, 3) },
  }),
  fact: css({
    dt: {
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
      fontWeight: theme.typography.fontWeightRegular,
    },
    dd: { margin: 0, fontWeight: theme.typography.fontWeightMedium, fontVariantNumeric: 'tabular-nums' },
  }),
  bad: css({ color: theme.colors.error.text }),
  id: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.5), flexWrap: 'wrap' }),
  code: css({ padding: 0, border: 'none', background: 'none', color: 'inherit', overflowWrap: 'anywhere' }),
});
