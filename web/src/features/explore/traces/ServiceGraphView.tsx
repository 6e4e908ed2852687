// Who calls whom, how often, how fast and with how many failures.
import { css } from '@emotion/css';
import { useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { Card } from '../../../components/Card';
import { ErrorState, LoadingState } from '../../../components/StateMessage';
import { instantQuery } from '../../../datasources/prometheus/client';
import { traceById } from '../../../datasources/tempo/client';
import { searchTraceql } from '../../../datasources/tempo/search';
import { graphOfMetrics, graphOfTraces, type ServiceGraph } from '../../../datasources/tempo/serviceGraph';
import type { Trace } from '../../../datasources/tempo/trace';
import { useLocale } from '../../../i18n/context';
import { serviceColor } from '../../../lib/colors';
import { describeError } from '../../../lib/errors';
import type { AbsoluteRange } from '../../../lib/timeRange';
import { useResource } from '../../../lib/useResource';
import type { TimeControls } from '../../../lib/useTimeControls';
import { Widen } from '../Widen';
import { layoutGraph } from './layoutGraph';

const SAMPLE = 40;
const AT_ONCE = 6;

interface Loaded {
  graph: ServiceGraph;
  sampled: number | undefined;
}

export function ServiceGraphView({
  uid,
  time,
  metricsUid,
}: {
  uid: string;
  time: TimeControls;
  metricsUid: string | undefined;
}) {
  const { t } = useLocale();
  const identity = JSON.stringify([uid, metricsUid, time.raw]);
  const found = useResource(identity, `${identity} ${time.tick}`, (signal) =>
    load(uid, metricsUid, time.range, signal),
  );
  if (!found.data) {
    return found.error === undefined ? (
      <LoadingState />
    ) : (
      <ErrorState message={describeError(found.error, 'traces', t)} onRetry={found.reload} />
    );
  }
  const { graph, sampled } = found.data;
  return graph.nodes.length === 0 ? (
    <Widen time={time} />
  ) : (
    <Card
      title={t('explore.traces.graph')}
      hint={
        sampled === undefined ? t('explore.graph.metrics') : t('explore.graph.sample', { count: sampled })
      }
      loading={found.loading}
    >
      <Drawing graph={graph} perSecond={sampled === undefined} />
    </Card>
  );
}

async function load(
  uid: string,
  metricsUid: string | undefined,
  range: AbsoluteRange,
  signal: AbortSignal,
): Promise<Loaded> {
  if (metricsUid) {
    const seconds = Math.max(60, Math.round((range.toMs - range.fromMs) / 1000));
    const rate = (metric: string) =>
      instantQuery(
        metricsUid,
        `sum by (client, server) (rate(${metric}[${seconds}s]))`,
        range.toMs,
        signal,
      ).catch(() => []);
    const [calls, errors, times] = await Promise.all([
      rate('traces_service_graph_request_total'),
      rate('traces_service_graph_request_failed_total'),
      rate('traces_service_graph_request_server_seconds_sum'),
    ]);
    if (calls.length > 0) {
      return { graph: graphOfMetrics({ calls, errors, seconds: times }), sampled: undefined };
    }
  }
  const { traces } = await searchTraceql(
    { uid, query: '{}', limit: SAMPLE, spansPerTrace: 1, range },
    signal,
  );
  const whole: Trace[] = [];
  for (let at = 0; at < traces.length; at += AT_ONCE) {
    const page = traces.slice(at, at + AT_ONCE).map(({ traceId }) => traceById(traceId, signal, uid));
    whole.push(...(await Promise.all(page)).filter((trace) => trace !== undefined));
  }
  return { graph: graphOfTraces(whole), sampled: whole.length };
}

function Drawing({ graph, perSecond }: { graph: ServiceGraph; perSecond: boolean }) {
  const { t, format } = useLocale();
  const theme = useTheme2();
  const { placed, width, height } = useMemo(() => layoutGraph(graph.nodes, graph.edges), [graph]);
  const at = new Map(placed.map((one) => [one.node.name, one]));
  const quiet = theme.colors.text.secondary;
  const rate = (calls: number) => (perSecond ? `${format.rate(calls)}/s` : format.count(calls));
  return (
    <div className={SCROLL}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        style={{ width: width * 1.3, height: height * 1.3 }}
        role="img"
        aria-label={t('explore.traces.graph')}
      >
        <title>{t('explore.traces.graph')}</title>
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX={8}
            refY={4}
            markerWidth={7}
            markerHeight={7}
            orient="auto"
          >
            <path d="M0 0 8 4 0 8z" fill={quiet} />
          </marker>
        </defs>
        {graph.edges.map((edge) => {
          const from = at.get(edge.from);
          const to = at.get(edge.to);
          if (!from || !to) {
            return null;
          }
          const control = bendOf(from, to, width);
          const end = towards(to, control, 30);
          const middle = {
            x: from.x / 4 + control.x / 2 + end.x / 4,
            y: from.y / 4 + control.y / 2 + end.y / 4,
          };
          return (
            <g key={`${edge.from} ${edge.to}`}>
              <path
                d={`M${from.x} ${from.y} Q${control.x} ${control.y} ${end.x} ${end.y}`}
                fill="none"
                stroke={edge.errors > 0 ? theme.colors.error.main : quiet}
                strokeWidth={1.5}
                markerEnd="url(#arrow)"
              />
              <text
                x={middle.x}
                y={middle.y - 5}
                textAnchor="middle"
                fontSize={11}
                fill={quiet}
                stroke={theme.colors.background.primary}
                strokeWidth={4}
                paintOrder="stroke"
              >
                {rate(edge.calls)} · {edge.meanMs === undefined ? '–' : format.durationMs(edge.meanMs)}
              </text>
            </g>
          );
        })}
        {placed.map(({ node, x, y }) => {
          const share = node.calls > 0 ? Math.min(1, node.errors / node.calls) : 0;
          const circle = 2 * Math.PI * 24;
          return (
            <g key={node.name} data-testid="graph-node">
              <circle
                cx={x}
                cy={y}
                r={24}
                fill={theme.colors.background.secondary}
                stroke={serviceColor(theme, node.name)}
                strokeWidth={4}
              />
              {share > 0 && (
                <circle
                  cx={x}
                  cy={y}
                  r={24}
                  fill="none"
                  stroke={theme.colors.error.main}
                  strokeWidth={4}
                  strokeDasharray={`${share * circle} ${circle}`}
                  transform={`rotate(-90 ${x} ${y})`}
                />
              )}
              <text x={x} y={y + 4} textAnchor="middle" fontSize={11} fill={theme.colors.text.primary}>
                {rate(node.calls)}
              </text>
              <text x={x} y={y + 42} textAnchor="middle" fontSize={12} fill={theme.colors.text.primary}>
                {node.name || '?'}
              </text>
              <text x={x} y={y + 56} textAnchor="middle" fontSize={10} fill={quiet}>
                {node.meanMs === undefined ? '' : format.durationMs(node.meanMs)}
                {share > 0 ? ` · ${t('explore.graph.failed', { share: format.percent(share) })}` : ''}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

interface Point {
  x: number;
  y: number;
}

/** Calls past a column of services, and calls back, go around what stands between. */
function bendOf(from: Point, to: Point, width: number): Point {
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const isLong = to.x - from.x > width / 4 && to.x - from.x > 300;
  if (!isLong && to.x > from.x) {
    return middle;
  }
  const up = to.x <= from.x || to.y < from.y;
  return { x: middle.x, y: middle.y + (up ? -130 : 150) };
}

/** A point this far before `end`, coming from `start`: arrows end at the rim of a circle. */
function towards(end: Point, start: Point, distance: number): Point {
  const length = Math.hypot(end.x - start.x, end.y - start.y) || 1;
  return {
    x: end.x - ((end.x - start.x) / length) * distance,
    y: end.y - ((end.y - start.y) / length) * distance,
  };
}

const SCROLL = css({ overflow: 'auto' });
