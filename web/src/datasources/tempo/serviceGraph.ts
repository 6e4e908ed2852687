// Who calls whom: from the metrics that the trace store writes to Prometheus, or else from a sample of traces.
import type { LabelledSeries } from '../series';
import { buildTree, type SpanNode, type Trace } from './trace';

export interface GraphNode {
  name: string;
  /** Calls that it answered; per second from metrics, in the sample otherwise. */
  calls: number;
  errors: number;
  meanMs: number | undefined;
}

export interface GraphEdge {
  from: string;
  to: string;
  calls: number;
  errors: number;
  meanMs: number | undefined;
}

export interface ServiceGraph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

interface EdgeSums {
  calls: number;
  errors: number;
  totalMs: number;
  timed: number;
}

const key = (from: string, to: string) => JSON.stringify([from, to]);

export function graphOfTraces(traces: readonly Trace[]): ServiceGraph {
  const edges = new Map<string, EdgeSums>();
  const entries = new Map<string, EdgeSums>();
  const count = (sums: Map<string, EdgeSums>, name: string, node: SpanNode) => {
    const known = sums.get(name) ?? { calls: 0, errors: 0, totalMs: 0, timed: 0 };
    known.calls += 1;
    known.errors += node.span.status === 'error' ? 1 : 0;
    known.totalMs += node.durationMs;
    known.timed += 1;
    sums.set(name, known);
  };
  const visit = (node: SpanNode, caller: string | undefined) => {
    const { service } = node.span;
    if (caller === undefined) {
      count(entries, service, node);
    } else if (caller !== service) {
      count(edges, key(caller, service), node);
    }
    for (const child of node.children) {
      visit(child, service);
    }
  };
  for (const trace of traces) {
    for (const root of buildTree(trace).roots) {
      visit(root, undefined);
    }
  }
  return assemble(edges, entries);
}

export interface GraphMetrics {
  calls: readonly LabelledSeries[];
  errors: readonly LabelledSeries[];
  seconds: readonly LabelledSeries[];
}

/** Rates per second by the labels `client` and `server`. */
export function graphOfMetrics({ calls, errors, seconds }: GraphMetrics): ServiceGraph {
  const edges = new Map<string, EdgeSums>();
  const each = (series: readonly LabelledSeries[], apply: (sums: EdgeSums, value: number) => void) => {
    for (const { labels, points } of series) {
      const value = points.at(-1)?.[1] ?? 0;
      const { client = '', server = '' } = labels;
      if (server !== '' && Number.isFinite(value)) {
        const name = key(client, server);
        const sums = edges.get(name) ?? { calls: 0, errors: 0, totalMs: 0, timed: 0 };
        apply(sums, value);
        edges.set(name, sums);
      }
    }
  };
  each(calls, (sums, value) => {
    sums.calls += value;
    sums.timed += value;
  });
  each(errors, (sums, value) => {
    sums.errors += value;
  });
  each(seconds, (sums, value) => {
    sums.totalMs += value * 1000;
  });
  return assemble(edges, new Map());
}

function assemble(
  edgeSums: ReadonlyMap<string, EdgeSums>,
  entries: ReadonlyMap<string, EdgeSums>,
): ServiceGraph {
  const edges = [...edgeSums].map(([name, sums]) => {
    const [from = '', to = ''] = JSON.parse(name) as string[];
    return { from, to, calls: sums.calls, errors: sums.errors, meanMs: mean(sums) };
  });
  const names = new Set([...edges.flatMap(({ from, to }) => [from, to]), ...entries.keys()]);
  const nodes = [...names].map((name) => {
    const incoming = [...edgeSums]
      .filter(([edge]) => (JSON.parse(edge) as string[])[1] === name)
      .map(([, sums]) => sums);
    const own = entries.get(name);
    const all = own ? [...incoming, own] : incoming;
    const total = all.reduce(
      (sum, part) => ({
        calls: sum.calls + part.calls,
        errors: sum.errors + part.errors,
        totalMs: sum.totalMs + part.totalMs,
        timed: sum.timed + part.timed,
      }),
      { calls: 0, errors: 0, totalMs: 0, timed: 0 },
    );
    return { name, calls: total.calls, errors: total.errors, meanMs: mean(total) };
  });
  return { nodes, edges };
}

function mean({ totalMs, timed }: EdgeSums): number | undefined {
  return timed > 0 ? totalMs / timed : undefined;
}
