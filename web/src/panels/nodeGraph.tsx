// Things and what connects them: services and their calls, drawn from left to right.

import dagre from '@dagrejs/dagre';
import { css } from '@emotion/css';
import {
  type DataFrame,
  type Field,
  formattedValueToString,
  type GrafanaTheme2,
  getDisplayProcessor,
  PanelPlugin,
  type PanelProps,
} from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { arc, curveBasis, line } from 'd3-shape';
import { useMemo } from 'react';
import { useHover } from './shared/Hover';
import { NoData } from './shared/NoData';

interface GraphNode {
  id: string;
  title: string;
  main: string;
  second: string;
  arcs: { share: number; color: string }[];
  x: number;
  y: number;
}

interface GraphEdge {
  id: string;
  from: string;
  to: string;
  main: string;
  second: string;
  points: { x: number; y: number }[];
}

interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  width: number;
  height: number;
}

const RADIUS = 38;
const NODE = { width: 128, height: 118 };
const MARGIN = 12;
/** Smaller than this, nobody can read the figures: the panel scrolls instead. */
const SMALLEST_SCALE = 0.55;

function field(frame: DataFrame | undefined, name: string): Field | undefined {
  return frame?.fields.find((candidate) => candidate.name.toLowerCase() === name);
}

export function toGraph(frames: readonly DataFrame[], theme: GrafanaTheme2): Graph | undefined {
  const edgeFrame = frames.find((frame) => field(frame, 'source') && field(frame, 'target'));
  const nodeFrame = frames.find((frame) => frame !== edgeFrame && field(frame, 'id'));
  const text = (source: Field | undefined, row: number) => {
    const value: unknown = source?.values[row];
    if (!source || value === null || value === undefined || value === '') {
      return '';
    }
    return formattedValueToString((source.display ?? getDisplayProcessor({ field: source, theme }))(value));
  };
  const sources = (field(edgeFrame, 'source')?.values ?? []) as string[];
  const targets = (field(edgeFrame, 'target')?.values ?? []) as string[];
  const listed = (field(nodeFrame, 'id')?.values ?? []) as string[];
  const ids = [...new Set([...listed, ...sources, ...targets])];
  if (ids.length === 0) {
    return undefined;
  }
  const layout = new dagre.graphlib.Graph({ multigraph: true });
  layout.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 52, marginx: MARGIN, marginy: MARGIN });
  layout.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) {
    layout.setNode(id, { ...NODE });
  }
  sources.forEach((source, row) => {
    layout.setEdge(source, targets[row] ?? source, {}, String(row));
  });
  dagre.layout(layout);
  const arcs = nodeFrame?.fields.filter((candidate) => candidate.name.startsWith('arc__')) ?? [];
  const nodes = ids.map((id): GraphNode => {
    const row = listed.indexOf(id);
    const { x, y } = layout.node(id);
    return {
      id,
      x,
      y,
      title: text(field(nodeFrame, 'title'), row) || id,
      main: text(field(nodeFrame, 'mainstat'), row),
      second: text(field(nodeFrame, 'secondarystat'), row),
      arcs: arcs.map((one) => ({
        share: Number(one.values[row] ?? 0),
        color: theme.visualization.getColorByName(one.config.color?.fixedColor ?? 'green'),
      })),
    };
  });
  const edges = sources.map((from, row): GraphEdge => {
    const to = targets[row] ?? from;
    return {
      id: String(row),
      from,
      to,
      main: text(field(edgeFrame, 'mainstat'), row),
      second: text(field(edgeFrame, 'secondarystat'), row),
      points: layout.edge(from, to, String(row))?.points ?? [],
    };
  });
  const { width = 0, height = 0 } = layout.graph();
  return { nodes, edges, width, height };
}

function NodeGraphPanel({ data, width, height }: PanelProps) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const graph = useMemo(() => toGraph(data.series, theme), [data.series, theme]);
  if (!graph) {
    return <NoData />;
  }
  const scale = Math.max(SMALLEST_SCALE, Math.min(1.3, width / graph.width, height / graph.height));
  return (
    <div className={styles.box} style={{ width, height }}>
      <svg
        width={Math.max(width, graph.width * scale)}
        height={Math.max(height, graph.height * scale)}
        role="img"
        aria-label={graph.edges.map((edge) => `${edge.from} → ${edge.to} ${edge.main}`).join(', ')}
      >
        <defs>
          <marker
            id="node-graph-arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0 0 8 4 0 8z" fill={theme.colors.border.strong} />
          </marker>
        </defs>
        <g
          transform={`translate(${Math.max(0, (width - graph.width * scale) / 2)},${Math.max(0, (height - graph.height * scale) / 2)}) scale(${scale})`}
        >
          <Edges graph={graph} />
          {graph.nodes.map((node) => (
            <NodeMark key={node.id} node={node} />
          ))}
        </g>
      </svg>
    </div>
  );
}

function Edges({ graph }: { graph: Graph }) {
  const styles = useStyles2(getStyles);
  const { show, hide, tooltip } = useHover();
  return (
    <>
      {graph.edges.map((edge) => {
        const ends = cut(edge, graph);
        const middle = ends[Math.floor(ends.length / 2)] ?? { x: 0, y: 0 };
        return (
          <g
            key={edge.id}
            onMouseMove={(event) =>
              show(event, `${edge.from} → ${edge.to}`, [
                { label: '', value: edge.main },
                ...(edge.second ? [{ label: '', value: edge.second }] : []),
              ])
            }
            onMouseLeave={hide}
          >
            <path d={curve(ends)} className={styles.edge} markerEnd="url(#node-graph-arrow)" />
            <path d={curve(ends)} className={styles.edgeTarget} />
            {edge.main && (
              <text x={middle.x} y={middle.y - 5} textAnchor="middle" className={styles.edgeText}>
                {edge.main}
              </text>
            )}
          </g>
        );
      })}
      {tooltip}
    </>
  );
}

const drawCurve = line<{ x: number; y: number }>(
  ({ x }) => x,
  ({ y }) => y,
).curve(curveBasis);

function curve(points: { x: number; y: number }[]): string {
  return drawCurve(points) ?? '';
}

/** Lines begin and end at the circles, which stand above the middle of their boxes. */
function cut(edge: GraphEdge, graph: Graph): { x: number; y: number }[] {
  const center = (id: string) => {
    const node = graph.nodes.find((candidate) => candidate.id === id);
    return { x: node?.x ?? 0, y: (node?.y ?? 0) - 14 };
  };
  const from = center(edge.from);
  const to = center(edge.to);
  const between = edge.points.slice(1, -1);
  const towards = (start: { x: number; y: number }, end: { x: number; y: number }) => {
    const length = Math.hypot(end.x - start.x, end.y - start.y) || 1;
    const share = (RADIUS + 4) / length;
    return { x: start.x + (end.x - start.x) * share, y: start.y + (end.y - start.y) * share };
  };
  return [towards(from, between[0] ?? to), ...between, towards(to, between.at(-1) ?? from)];
}

function NodeMark({ node }: { node: GraphNode }) {
  const styles = useStyles2(getStyles);
  const draw = arc<unknown>()
    .innerRadius(RADIUS - 1)
    .outerRadius(RADIUS + 3);
  let reached = 0;
  return (
    <g transform={`translate(${node.x},${node.y - 14})`}>
      <title>{[node.title, node.main, node.second].filter(Boolean).join(', ')}</title>
      <circle r={RADIUS} className={styles.node} />
      {node.arcs.map((one) => {
        const start = reached;
        reached += one.share;
        const path = draw.startAngle(start * 2 * Math.PI).endAngle(Math.min(1, reached) * 2 * Math.PI)(null);
        return one.share > 0 ? <path key={one.color} d={path ?? ''} fill={one.color} /> : null;
      })}
      <text y={node.second ? -3 : 4} textAnchor="middle" className={styles.main}>
        {node.main}
      </text>
      <text y={14} textAnchor="middle" className={styles.second}>
        {node.second}
      </text>
      <text y={RADIUS + 19} textAnchor="middle" className={styles.title}>
        {node.title}
      </text>
    </g>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  box: css({ overflow: 'auto' }),
  edge: css({ fill: 'none', stroke: theme.colors.border.strong, strokeWidth: 1.5 }),
  edgeTarget: css({ fill: 'none', stroke: 'transparent', strokeWidth: 14 }),
  edgeText: css({
    fill: theme.colors.text.secondary,
    fontSize: 13,
    paintOrder: 'stroke',
    stroke: theme.colors.background.primary,
    strokeWidth: 3,
  }),
  node: css({ fill: theme.colors.background.secondary, stroke: theme.colors.border.medium }),
  main: css({ fill: theme.colors.text.primary, fontSize: 15, fontWeight: 500 }),
  second: css({ fill: theme.colors.text.secondary, fontSize: 12 }),
  title: css({ fill: theme.colors.text.primary, fontSize: 14 }),
});

export const plugin = new PanelPlugin(NodeGraphPanel);
