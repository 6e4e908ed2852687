// Addresses of the pages. The query names are the contract of every shared link.
import { ignoringCase, type LogQuery, printQuery, withLineFilter } from '../datasources/loki/logql';
import type { RawRange } from './timeRange';

export interface LogsLink {
  query: string;
  range?: RawRange;
}

function search(parameters: Record<string, string | undefined>): string {
  const text = new URLSearchParams(
    Object.entries(parameters).filter((entry): entry is [string, string] => Boolean(entry[1])),
  ).toString();
  return text ? `?${text}` : '';
}

export function logsPath({ query, range }: LogsLink): string {
  return `/logs${search({ query, from: range?.from, to: range?.to })}`;
}

export function tracesPath(parameters: { service?: string; range?: RawRange } = {}): string {
  const { service, range } = parameters;
  return `/traces${search({ service, from: range?.from, to: range?.to })}`;
}

export function tracePath(traceId: string, spanId?: string): string {
  return `/trace/${encodeURIComponent(traceId)}${search({ span: spanId })}`;
}

const EARLIER_MS = 60_000;
const LATER_MS = 300_000;

/** Lines that mention an id, from a little before to a while after the moment it was seen. */
export function logsOfIdPath(base: LogQuery, id: string, startMs: number, durationMs: number): string {
  const query = withLineFilter(base, { operator: '|=', value: id });
  const from = Math.floor(startMs - EARLIER_MS);
  const to = Math.ceil(startMs + durationMs + LATER_MS);
  return logsPath({ query: printQuery(query), range: { from: String(from), to: String(to) } });
}

export function searchQuery(base: LogQuery, text: string): LogQuery {
  return text ? withLineFilter(base, ignoringCase(text)) : base;
}

/** Where the login may send the browser back to: a path of this site, nothing else. */
export function safeReturnPath(candidate: string | null): string {
  return candidate && /^\/(?![/\\])/.test(candidate) && !candidate.startsWith('/login') ? candidate : '/';
}
