// The log store through the dashboard server's data source proxy: Loki's HTTP API.
import { requestJson, withQuery } from '../../api/http';
import { type LogEntry, parseEntry } from './logLine';
import { CATEGORIZED, DEFAULT_LOKI, lokiPath } from './proxy';

export type Direction = 'backward' | 'forward';

export interface RangeQuery {
  query: string;
  /** Nanoseconds as text, inclusive. */
  startNs: string;
  /** Nanoseconds as text, exclusive. */
  endNs: string;
  limit: number;
  direction: Direction;
}

export interface EntryMetadata {
  structuredMetadata?: Record<string, string>;
  /** What the stages of the query found in the line. */
  parsed?: Record<string, string>;
}

interface StreamsAnswer {
  data: {
    resultType: string;
    result: { stream: Record<string, string>; values: [string, string, EntryMetadata?][] }[];
  };
}

export function msToNs(milliseconds: number): string {
  return `${Math.floor(milliseconds)}000000`;
}

export async function queryRange(query: RangeQuery, signal: AbortSignal): Promise<LogEntry[]> {
  const path = withQuery(lokiPath(DEFAULT_LOKI, 'query_range'), {
    query: query.query,
    start: query.startNs,
    end: query.endNs,
    limit: query.limit,
    direction: query.direction,
  });
  const answer = await requestJson<StreamsAnswer>(path, { signal, headers: CATEGORIZED });
  return entriesOf(answer, query.direction);
}

/** Streams come apart by labels; readers want one list by time. */
export function entriesOf(answer: StreamsAnswer, direction: Direction): LogEntry[] {
  const entries = (answer.data.result ?? []).flatMap(({ stream, values }) =>
    values.map(([timestampNs, line, extra]) =>
      parseEntry(timestampNs, line, stream, extra?.structuredMetadata, extra?.parsed),
    ),
  );
  const sign = direction === 'forward' ? 1 : -1;
  return entries.sort((left, right) => sign * compareNs(left.timestampNs, right.timestampNs));
}

/** Compares decimal integers of any length without losing digits. */
export function compareNs(left: string, right: string): number {
  if (left.length !== right.length) {
    return left.length - right.length;
  }
  return left < right ? -1 : left > right ? 1 : 0;
}

interface ValuesAnswer {
  data?: string[];
}

export async function labelValues(
  label: string,
  range: { fromMs: number; toMs: number },
  signal: AbortSignal,
): Promise<string[]> {
  const path = withQuery(lokiPath(DEFAULT_LOKI, `label/${encodeURIComponent(label)}/values`), {
    start: msToNs(range.fromMs),
    end: msToNs(range.toMs),
  });
  return (await requestJson<ValuesAnswer>(path, { signal })).data ?? [];
}
