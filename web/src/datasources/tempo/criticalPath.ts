// Which spans a trace's duration is made of: from its end backwards, always the child that finished last.
// Shortening any other span would not make the trace shorter.
import type { SpanNode } from './trace';

export interface PathSegment {
  /** Relative to the start of the trace. */
  fromMs: number;
  toMs: number;
}

/** Segments by span id: a span is on the path while none of its children is. */
export function criticalPath(root: SpanNode): Map<string, PathSegment[]> {
  const segments = new Map<string, PathSegment[]>();
  const add = (node: SpanNode, fromMs: number, toMs: number) => {
    if (toMs > fromMs) {
      segments.set(node.span.spanId, [{ fromMs, toMs }, ...(segments.get(node.span.spanId) ?? [])]);
    }
  };
  const walk = (node: SpanNode, until: number) => {
    let cursor = Math.min(until, node.offsetMs + node.durationMs);
    const byEnd = [...node.children].sort((left, right) => endOf(right) - endOf(left));
    for (const child of byEnd) {
      // A child that outlives its parent (work sent off) does not hold the parent up.
      if (child.offsetMs >= cursor || endOf(child) > cursor) {
        continue;
      }
      add(node, endOf(child), cursor);
      walk(child, endOf(child));
      cursor = child.offsetMs;
    }
    add(node, node.offsetMs, cursor);
  };
  walk(root, endOf(root));
  return segments;
}

function endOf(node: SpanNode): number {
  return node.offsetMs + node.durationMs;
}
