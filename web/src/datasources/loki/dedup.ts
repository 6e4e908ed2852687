// Runs of lines that say the same, shown as one.
import type { LogEntry } from './logLine';

export const DEDUP_STRATEGIES = ['none', 'exact', 'numbers', 'signature'] as const;
export type DedupStrategy = (typeof DEDUP_STRATEGIES)[number];

export interface LogGroup {
  entry: LogEntry;
  /** How many more lines of its kind follow. */
  repeats: number;
}

const DATE_TIME = /\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?/g;

function essence(line: string, strategy: DedupStrategy): string {
  switch (strategy) {
    case 'exact':
      return line.replace(DATE_TIME, '');
    case 'numbers':
      return line.replace(/[0-9]+/g, '');
    case 'signature':
      return line.replace(/[\p{L}\p{N}_]+/gu, '');
    default:
      return line;
  }
}

/** Neighbours only, of the same service: order carries meaning. */
export function dedup(entries: readonly LogEntry[], strategy: DedupStrategy): LogGroup[] {
  if (strategy === 'none') {
    return entries.map((entry) => ({ entry, repeats: 0 }));
  }
  const groups: LogGroup[] = [];
  let previous = '';
  for (const entry of entries) {
    const key = `${entry.service} ${essence(entry.line, strategy)}`;
    const last = groups.at(-1);
    if (last && key === previous) {
      last.repeats += 1;
    } else {
      groups.push({ entry, repeats: 0 });
      previous = key;
    }
  }
  return groups;
}
