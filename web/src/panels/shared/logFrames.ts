// Log lines out of frames, in any of the layouts that log sources use.
import { type DataFrame, FieldType } from '@grafana/data';
import { type LogEntry, parseEntry } from '../../datasources/loki/logLine';

export type SortOrder = 'Ascending' | 'Descending';

export function toEntries(frames: readonly DataFrame[], order: SortOrder): LogEntry[] {
  const entries = frames.flatMap(entriesOf);
  const sign = order === 'Ascending' ? 1 : -1;
  return entries.sort((left, right) => sign * compare(left.timestampNs, right.timestampNs));
}

/** Nanoseconds as text have the same length for as long as anybody keeps logs. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function entriesOf(frame: DataFrame): LogEntry[] {
  const find = (...names: string[]) => frame.fields.find((field) => names.includes(field.name.toLowerCase()));
  const time = find('time', 'timestamp', 'ts') ?? frame.fields.find((field) => field.type === FieldType.time);
  const line =
    find('line', 'body', 'message') ??
    frame.fields.find(
      (field) => field.type === FieldType.string && !['id', 'tsns'].includes(field.name.toLowerCase()),
    );
  const nanos = find('tsns');
  const labels = find('labels', 'attributes');
  const types = find('labeltypes');
  if (!time || !line) {
    return [];
  }
  return line.values.map((text: unknown, row: number) => {
    const all = objectOf(labels?.values[row]) ?? line.labels ?? {};
    const kinds = objectOf(types?.values[row]) ?? {};
    const metadata = Object.fromEntries(Object.entries(all).filter(([name]) => kinds[name] === 'S'));
    const indexed = Object.fromEntries(
      Object.entries(all).filter(([name]) => kinds[name] !== 'S' && kinds[name] !== 'P'),
    );
    const ns = nanos ? String(nanos.values[row]) : `${Math.floor(Number(time.values[row]))}000000`;
    return parseEntry(ns, String(text ?? ''), indexed, metadata);
  });
}

function objectOf(value: unknown): Record<string, string> | undefined {
  if (typeof value === 'string') {
    try {
      return JSON.parse(value) as Record<string, string>;
    } catch {
      return undefined;
    }
  }
  return value !== null && typeof value === 'object' ? (value as Record<string, string>) : undefined;
}

/** Lines that say the same as their neighbour, depending on how strictly one looks. */
export function dedup(entries: readonly LogEntry[], strategy: string | undefined): LogEntry[] {
  const signature = signatureOf(strategy);
  if (!signature) {
    return [...entries];
  }
  return entries.filter((entry, index) => {
    const before = entries[index - 1];
    return !before || signature(before.line) !== signature(entry.line);
  });
}

function signatureOf(strategy: string | undefined): ((line: string) => string) | undefined {
  switch (strategy) {
    case 'exact':
      return (line) => line.replace(/\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?Z?/g, '');
    case 'numbers':
      return (line) => line.replace(/\d+/g, '');
    case 'signature':
      return (line) => line.replace(/\w/g, '');
    default:
      return undefined;
  }
}
