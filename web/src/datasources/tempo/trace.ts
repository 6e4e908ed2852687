// A trace as a tree of spans, and what is computed from it. No React in here.

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type SpanStatus = 'unset' | 'ok' | 'error';

export interface Attribute {
  name: string;
  value: string;
}

export interface SpanEvent {
  name: string;
  timeNs: bigint;
  attributes: Attribute[];
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  attributes: Attribute[];
}

export interface Span {
  spanId: string;
  /** Empty for a root. */
  parentId: string;
  service: string;
  name: string;
  kind: SpanKind;
  status: SpanStatus;
  statusMessage: string;
  startNs: bigint;
  durationNs: bigint;
  attributes: Attribute[];
  resource: Attribute[];
  scope: string;
  events: SpanEvent[];
  links: SpanLink[];
}

export interface Trace {
  traceId: string;
  spans: Span[];
  warning: string | undefined;
}

export interface SpanNode {
  span: Span;
  depth: number;
  /** Relative to the start of the trace. */
  offsetMs: number;
  durationMs: number;
  /** Time that no child covers. */
  selfMs: number;
  children: SpanNode[];
  /** All spans below this one. */
  descendants: number;
  /** Some span below this one failed. */
  failedBelow: boolean;
  /** It names a parent that has not been received. */
  orphan: boolean;
}

export interface TraceTree {
  roots: SpanNode[];
  startMs: number;
  durationMs: number;
  services: string[];
  errorCount: number;
  depth: number;
}

export function nsToMs(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}

export function buildTree(trace: Trace): TraceTree {
  const startNs = trace.spans.reduce(
    (least, span) => (span.startNs < least ? span.startNs : least),
    trace.spans[0]?.startNs ?? 0n,
  );
  const endNs = trace.spans.reduce((most, span) => {
    const end = span.startNs + span.durationNs;
    return end > most ? end : most;
  }, 0n);
  const nodes = nodesById(trace.spans, startNs);
  const roots: SpanNode[] = [];
  for (const node of nodes.values()) {
    const parent = nodes.get(node.span.parentId);
    if (parent && !isBelow(parent, node, nodes)) {
      parent.children.push(node);
    } else {
      node.orphan = node.span.parentId !== '';
      roots.push(node);
    }
  }
  byStart(roots);
  const depth = Math.max(0, ...roots.map((root) => finish(root, 0)));
  return {
    roots,
    startMs: nsToMs(startNs),
    durationMs: nsToMs(endNs > startNs ? endNs - startNs : 0n),
    services: servicesInOrder(roots),
    errorCount: trace.spans.filter((span) => span.status === 'error').length,
    depth: depth + (roots.length > 0 ? 1 : 0),
  };
}

function nodesById(spans: readonly Span[], startNs: bigint): Map<string, SpanNode> {
  const nodes = new Map<string, SpanNode>();
  for (const span of spans) {
    // A client and a server span may share an id (Zipkin's way); both stay visible.
    const key = nodes.has(span.spanId) ? `${span.spanId}/${nodes.size}` : span.spanId;
    nodes.set(key, {
      span,
      depth: 0,
      offsetMs: nsToMs(span.startNs - startNs),
      durationMs: nsToMs(span.durationNs),
      selfMs: 0,
      children: [],
      descendants: 0,
      failedBelow: false,
      orphan: false,
    });
  }
  return nodes;
}

/** Guards against spans that name each other as parents. */
function isBelow(candidate: SpanNode, ancestor: SpanNode, nodes: Map<string, SpanNode>): boolean {
  const seen = new Set<SpanNode>();
  for (
    let node: SpanNode | undefined = candidate;
    node && !seen.has(node);
    node = nodes.get(node.span.parentId)
  ) {
    if (node === ancestor) {
      return true;
    }
    seen.add(node);
  }
  return false;
}

function byStart(nodes: SpanNode[]): void {
  nodes.sort((left, right) => left.offsetMs - right.offsetMs || right.durationMs - left.durationMs);
}

/** Fills in what depends on the children; returns the deepest level below. */
function finish(node: SpanNode, depth: number): number {
  node.depth = depth;
  byStart(node.children);
  let deepest = depth;
  for (const child of node.children) {
    deepest = Math.max(deepest, finish(child, depth + 1));
    node.descendants += 1 + child.descendants;
    node.failedBelow ||= child.span.status === 'error' || child.failedBelow;
  }
  node.selfMs = Math.max(0, node.durationMs - coveredMs(node));
  return deepest;
}

/** The length of the union of the children's intervals, cut to their parent's. Children are sorted by start. */
function coveredMs(node: SpanNode): number {
  const end = node.offsetMs + node.durationMs;
  let covered = 0;
  let reached = node.offsetMs;
  for (const child of node.children) {
    const from = Math.max(reached, child.offsetMs);
    const to = Math.min(end, child.offsetMs + child.durationMs);
    if (to > from) {
      covered += to - from;
      reached = to;
    }
  }
  return covered;
}

function servicesInOrder(roots: readonly SpanNode[]): string[] {
  const services = new Set<string>();
  const visit = (node: SpanNode) => {
    services.add(node.span.service);
    node.children.forEach(visit);
  };
  roots.forEach(visit);
  return [...services];
}

/** The rows of the waterfall: depth first, without what hides below collapsed spans. */
export function visibleRows(roots: readonly SpanNode[], collapsed: ReadonlySet<string>): SpanNode[] {
  const rows: SpanNode[] = [];
  const visit = (node: SpanNode) => {
    rows.push(node);
    if (!collapsed.has(node.span.spanId)) {
      node.children.forEach(visit);
    }
  };
  roots.forEach(visit);
  return rows;
}

export function allNodes(roots: readonly SpanNode[]): SpanNode[] {
  return visibleRows(roots, new Set());
}

/** Whether a span's name, service or attributes contain the text, in any letter case. */
export function spanMatches(span: Span, text: string): boolean {
  const needle = text.toLowerCase();
  const has = (value: string) => value.toLowerCase().includes(needle);
  return (
    has(span.name) ||
    has(span.service) ||
    has(span.spanId) ||
    span.attributes.some((attribute) => has(attribute.name) || has(attribute.value))
  );
}
