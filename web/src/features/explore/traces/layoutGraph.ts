// Places for the services of a graph: callers left of whom they call, cycles cut where they close.
import type { GraphEdge, GraphNode } from '../../../datasources/tempo/serviceGraph';

export interface Placed {
  node: GraphNode;
  x: number;
  y: number;
}

const COLUMN = 240;
const ROW = 110;

export function layoutGraph(nodes: readonly GraphNode[], edges: readonly GraphEdge[]) {
  const ranks = new Map<string, number>();
  const rankOf = (name: string, path: ReadonlySet<string>): number => {
    const known = ranks.get(name);
    if (known !== undefined) {
      return known;
    }
    const callers = edges.filter(({ from, to }) => to === name && from !== name && !path.has(from));
    const deeper = new Set([...path, name]);
    const rank = Math.max(-1, ...callers.map(({ from }) => rankOf(from, deeper))) + 1;
    ranks.set(name, rank);
    return rank;
  };
  const columns: GraphNode[][] = [];
  for (const node of [...nodes].sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const rank = rankOf(node.name, new Set());
    columns[rank] = [...(columns[rank] ?? []), node];
  }
  const rows = Math.max(1, ...columns.map((column) => column?.length ?? 0));
  const placed = columns.flatMap((column, rank) =>
    (column ?? []).map(
      (node, index): Placed => ({
        node,
        x: 70 + rank * COLUMN,
        y: 90 + (index + (rows - (column?.length ?? 0)) / 2) * ROW,
      }),
    ),
  );
  return { placed, width: 140 + Math.max(0, columns.length - 1) * COLUMN, height: 200 + (rows - 1) * ROW };
}
