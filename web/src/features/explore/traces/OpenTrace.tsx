// A trace in a pane: figures, ways on, minimap, waterfall.
import { css } from '@emotion/css';
import { Alert, Badge, Button } from '@grafana/ui';
import { useMemo } from 'react';
import { requestJson } from '../../../api/http';
import { NavButton } from '../../../components/NavButton';
import { ErrorState, LoadingState, StateMessage } from '../../../components/StateMessage';
import { saveFile } from '../../../datasources/loki/download';
import { EVERYTHING, printQuery, selectValues, withLineFilter } from '../../../datasources/loki/logql';
import { traceAddress, traceById } from '../../../datasources/tempo/client';
import { buildTree, type Trace } from '../../../datasources/tempo/trace';
import { useLocale } from '../../../i18n/context';
import { describeError } from '../../../lib/errors';
import { useResource } from '../../../lib/useResource';
import { TraceLinksProvider } from '../../traces/traceLinks';
import { Waterfall } from '../../traces/Waterfall';
import { logsPane, type Pane, tracePane } from '../state/model';

const AROUND_MS = 300_000;

export interface OpenTraceProps {
  uid: string;
  traceId: string;
  spanId: string;
  tick: number;
  onSpan: (spanId: string) => void;
  instead: (pane: Pane) => string;
  beside: (pane: Pane) => string;
}

export function OpenTrace(props: OpenTraceProps) {
  const { uid, traceId, tick } = props;
  const { t } = useLocale();
  const identity = `${uid} ${traceId}`;
  const found = useResource(identity, `${identity} ${tick}`, (signal) => traceById(traceId, signal, uid));
  if (found.data) {
    return <View {...props} trace={found.data} />;
  }
  if (found.error !== undefined) {
    return <ErrorState message={describeError(found.error, 'traces', t)} onRetry={found.reload} />;
  }
  return found.loading ? (
    <LoadingState />
  ) : (
    <StateMessage
      title={t('trace.notFound')}
      hint={t('trace.notFoundHint')}
      action={
        <Button variant="secondary" icon="sync" onClick={found.reload}>
          {t('common.retry')}
        </Button>
      }
    />
  );
}

function View({ trace, uid, spanId, onSpan, instead, beside }: OpenTraceProps & { trace: Trace }) {
  const { t, format } = useLocale();
  const tree = useMemo(() => buildTree(trace), [trace]);
  const root = tree.roots[0]?.span;
  const links = useMemo(() => {
    const logs = (needle: string, service: string | undefined) => {
      const base = service ? selectValues(EVERYTHING, 'service_name', [service]) : EVERYTHING;
      const range = {
        from: String(Math.floor(tree.startMs - AROUND_MS)),
        to: String(Math.ceil(tree.startMs + tree.durationMs + AROUND_MS)),
      };
      return logsPane(printQuery(withLineFilter(base, { operator: '|=', value: needle })), range);
    };
    return {
      spanId,
      onSpan,
      logsAddress: (id: string, service: string) => beside(logs(id, service)),
      traceAddress: (id: string, span: string) => instead(tracePane(id, span)),
      allLogs: logs(trace.traceId, undefined),
    };
  }, [trace, tree, spanId, onSpan, beside, instead]);
  const download = async () => {
    const json = await requestJson<unknown>(traceAddress(trace.traceId, uid));
    saveFile(`trace-${trace.traceId}.json`, JSON.stringify(json, null, 2), 'application/json');
  };
  return (
    <div className={VIEW} data-testid="open-trace">
      <div className={HEAD}>
        <h2 className={TITLE}>
          {root ? `${root.service}: ${root.name}` : t('trace.title')} <code>{trace.traceId}</code>
        </h2>
        <div className={TOOLS}>
          <span>
            {format.dateTimePrecise(tree.startMs)} · {format.durationMs(tree.durationMs)} ·{' '}
            {t.plural('explore.traces.spans', trace.spans.length)} · {t('trace.services')}:{' '}
            {tree.services.length}
          </span>
          {tree.errorCount > 0 && (
            <Badge color="red" text={t.plural('explore.traces.errors', tree.errorCount)} />
          )}
          <NavButton to={beside(links.allLogs)} small icon="gf-logs">
            {t('trace.logs')}
          </NavButton>
          <Button size="sm" variant="secondary" icon="download-alt" onClick={() => void download()}>
            JSON
          </Button>
        </div>
      </div>
      {trace.warning && <Alert severity="warning" title={t('trace.partial', { message: trace.warning })} />}
      <TraceLinksProvider value={links}>
        <Waterfall key={trace.traceId} trace={trace} tree={tree} />
      </TraceLinksProvider>
    </div>
  );
}

const VIEW = css({ display: 'flex', flexDirection: 'column', gap: 12, minWidth: 0 });
const HEAD = css({ display: 'flex', flexDirection: 'column', gap: 6 });
const TITLE = css({ margin: 0, fontSize: 18, overflowWrap: 'anywhere', '& code': { fontSize: 12 } });
const TOOLS = css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 8 });
