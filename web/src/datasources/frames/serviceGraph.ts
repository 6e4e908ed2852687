// Who calls whom, how often, how fast and with how many failures: node graph frames out of the service graph
// metrics that trace stores write (`traces_service_graph_*`), read through a Prometheus data source.
import {
  createDataFrame,
  type DataFrame,
  type DataQueryResponse,
  FieldColorModeId,
  FieldType,
  LoadingState,
  type TimeRange,
} from '@grafana/data';
import { requestJson } from '../../api/http';
import type { StoreQuery } from './StoreSource';

export interface Edge {
  client: string;
  server: string;
  /** Calls per second. */
  rate: number;
  failed: number;
  /** Mean seconds of an answer. */
  seconds: number | undefined;
}

interface VectorAnswer {
  data?: { result?: { metric: Record<string, string>; value: [number, string] }[] };
}

type Vector = Map<string, number>;

export async function askServiceGraph(
  sourceUid: string | undefined,
  target: StoreQuery,
  range: TimeRange,
  signal: AbortSignal,
): Promise<DataQueryResponse> {
  if (!sourceUid) {
    throw new Error('The Tempo data source names no Prometheus source for its service graph (serviceMap)');
  }
  const seconds = Math.max(60, Math.round((range.to.valueOf() - range.from.valueOf()) / 1000));
  const selector = typeof target.serviceMapQuery === 'string' ? target.serviceMapQuery : '';
  const ask = (metric: string) => instant(sourceUid, metric, selector, seconds, range, signal);
  const [total, failed, sum, count] = await Promise.all([
    ask('traces_service_graph_request_total'),
    ask('traces_service_graph_request_failed_total'),
    ask('traces_service_graph_request_server_seconds_sum'),
    ask('traces_service_graph_request_server_seconds_count'),
  ]);
  const edges = [...total].map(([key, rate]): Edge => {
    const [client = '', server = ''] = key.split('\u0000');
    const calls = count.get(key) ?? 0;
    return {
      client,
      server,
      rate,
      failed: failed.get(key) ?? 0,
      seconds: calls > 0 ? (sum.get(key) ?? 0) / calls : undefined,
    };
  });
  return { data: toFrames(edges, target.refId), state: LoadingState.Done };
}

async function instant(
  sourceUid: string,
  metric: string,
  selector: string,
  seconds: number,
  range: TimeRange,
  signal: AbortSignal,
): Promise<Vector> {
  const parameters = new URLSearchParams({
    query: `sum by (client, server) (rate(${metric}${selector}[${seconds}s]))`,
    time: String(Math.floor(range.to.valueOf() / 1000)),
  });
  const path = `/api/datasources/proxy/uid/${encodeURIComponent(sourceUid)}/api/v1/query?${parameters}`;
  const { data } = await requestJson<VectorAnswer>(path, { signal });
  return new Map(
    (data?.result ?? []).map(({ metric: labels, value }) => [
      `${labels.client ?? ''}\u0000${labels.server ?? ''}`,
      Number(value[1]),
    ]),
  );
}

/** Nodes sum up what reaches them; a service that nobody calls shows what it asks for. */
export function toFrames(edges: readonly Edge[], refId: string): DataFrame[] {
  const names = [...new Set(edges.flatMap((edge) => [edge.client, edge.server]))].sort();
  const nodes = names.map((name) => {
    const incoming = edges.filter((edge) => edge.server === name);
    const counted = incoming.length > 0 ? incoming : edges.filter((edge) => edge.client === name);
    const rate = total(counted.map((edge) => edge.rate));
    const share = rate > 0 ? total(counted.map((edge) => edge.failed)) / rate : 0;
    const timed = incoming.filter((edge) => edge.seconds !== undefined);
    const weight = total(timed.map((edge) => edge.rate));
    const seconds = weight > 0 ? total(timed.map((edge) => edge.rate * (edge.seconds ?? 0))) / weight : null;
    return { name, rate, share: Math.min(1, share), seconds };
  });
  return [nodeFrame(nodes, refId), edgeFrame(edges, refId)];
}

function total(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

interface Node {
  name: string;
  rate: number;
  share: number;
  seconds: number | null;
}

function nodeFrame(nodes: Node[], refId: string): DataFrame {
  const fixed = (color: string) => ({ color: { mode: FieldColorModeId.Fixed, fixedColor: color } });
  return createDataFrame({
    name: 'nodes',
    refId,
    meta: { preferredVisualisationType: 'nodeGraph' },
    fields: [
      { name: 'id', type: FieldType.string, values: nodes.map((node) => node.name) },
      { name: 'title', type: FieldType.string, values: nodes.map((node) => node.name) },
      {
        name: 'mainstat',
        type: FieldType.number,
        values: nodes.map((node) => node.seconds),
        config: { unit: 's', displayName: 'Latency', decimals: 1 },
      },
      {
        name: 'secondarystat',
        type: FieldType.number,
        values: nodes.map((node) => node.rate),
        config: { unit: 'reqps', displayName: 'Requests', decimals: 2 },
      },
      {
        name: 'arc__success',
        type: FieldType.number,
        values: nodes.map((node) => 1 - node.share),
        config: fixed('green'),
      },
      {
        name: 'arc__failed',
        type: FieldType.number,
        values: nodes.map((node) => node.share),
        config: fixed('red'),
      },
    ],
  });
}

function edgeFrame(edges: readonly Edge[], refId: string): DataFrame {
  return createDataFrame({
    name: 'edges',
    refId,
    meta: { preferredVisualisationType: 'nodeGraph' },
    fields: [
      { name: 'id', type: FieldType.string, values: edges.map((edge) => `${edge.client}_${edge.server}`) },
      { name: 'source', type: FieldType.string, values: edges.map((edge) => edge.client) },
      { name: 'target', type: FieldType.string, values: edges.map((edge) => edge.server) },
      {
        name: 'mainstat',
        type: FieldType.number,
        values: edges.map((edge) => edge.rate),
        config: { unit: 'reqps', displayName: 'Requests', decimals: 2 },
      },
      {
        name: 'secondarystat',
        type: FieldType.number,
        values: edges.map((edge) => edge.seconds ?? null),
        config: { unit: 's', displayName: 'Latency', decimals: 1 },
      },
    ],
  });
}
