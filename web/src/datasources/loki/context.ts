// The lines around a line: what its own stream, or a wider selection, wrote before and after.
import { compareNs } from './client';
import type { LogEntry } from './logLine';
import { quote } from './logql';
import { linesBetween } from './query';

const REACH_NS = 2n * 3600n * 1_000_000_000n;

/** Labels that differ from line to line of one program: context is better without them. */
const VARYING = new Set(['level', 'detected_level', 'trace_id', 'span_id', 'event']);

export function contextLabels(entry: LogEntry): { name: string; value: string; chosen: boolean }[] {
  return Object.entries(entry.labels)
    .filter(([name]) => !name.startsWith('__'))
    .map(([name, value]) => ({ name, value, chosen: !VARYING.has(name) }));
}

export function contextSelector(labels: readonly { name: string; value: string }[]): string {
  return `{${labels.map(({ name, value }) => `${name}=${quote(value)}`).join(', ')}}`;
}

export type Side = 'before' | 'after';

export interface ContextPage {
  uid: string;
  selector: string;
  side: Side;
  /** The outermost line known on this side. */
  edge: LogEntry;
  known: ReadonlySet<string>;
  limit: number;
}

/** Next lines away from the edge, by time; those already known are left out. */
export async function contextLines(page: ContextPage, signal: AbortSignal): Promise<LogEntry[]> {
  const at = BigInt(page.edge.timestampNs);
  const before = page.side === 'before';
  const entries = await linesBetween(
    {
      uid: page.uid,
      expr: page.selector,
      direction: before ? 'backward' : 'forward',
      limit: page.limit,
      // The edge's own nanosecond may hold more lines than the edge.
      startNs: String(before ? at - REACH_NS : at),
      endNs: String(before ? at + 1n : at + REACH_NS),
    },
    signal,
  );
  return entries
    .filter((entry) => !page.known.has(identityOf(entry)))
    .sort((left, right) => compareNs(left.timestampNs, right.timestampNs));
}

export function identityOf(entry: LogEntry): string {
  return `${entry.timestampNs} ${entry.service} ${entry.line}`;
}
