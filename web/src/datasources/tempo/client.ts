// The trace store through the dashboard server's data source proxy: Tempo's HTTP API.
import { requestJson, withQuery } from '../../api/http';
import { decodeTrace, type OtlpResourceSpans } from './otlp';
import { DEFAULT_TEMPO, tempoPath } from './proxy';
import type { Trace } from './trace';

export interface TraceSearch {
  tags: Record<string, string>;
  minDuration: string;
  maxDuration: string;
  limit: number;
  fromMs: number;
  toMs: number;
}

export interface TraceSummary {
  traceId: string;
  /** Empty while the root span has not been received. */
  rootService: string;
  rootName: string;
  startMs: number;
  durationMs: number;
  spanCount: number;
  errorCount: number;
  services: string[];
}

export interface SearchTrace {
  traceID: string;
  rootServiceName?: string;
  rootTraceName?: string;
  startTimeUnixNano?: string;
  durationMs?: number;
  serviceStats?: Record<string, { spanCount?: number; errorCount?: number }>;
}

interface SearchAnswer {
  traces?: SearchTrace[];
}

const ROOT_MISSING = '<root span not yet received>';

export async function searchTraces(search: TraceSearch, signal: AbortSignal): Promise<TraceSummary[]> {
  const path = withQuery(tempoPath(DEFAULT_TEMPO, 'search'), {
    tags: printTags(search.tags),
    minDuration: search.minDuration,
    maxDuration: search.maxDuration,
    limit: search.limit,
    start: Math.floor(search.fromMs / 1000),
    end: Math.ceil(search.toMs / 1000),
  });
  return summariesOf(await requestJson<SearchAnswer>(path, { signal }));
}

export function summariesOf(answer: SearchAnswer): TraceSummary[] {
  const traces = (answer.traces ?? []).map((trace) => {
    const stats = Object.entries(trace.serviceStats ?? {});
    const rootService = trace.rootServiceName ?? '';
    return {
      traceId: trace.traceID.padStart(32, '0'),
      rootService: rootService === ROOT_MISSING ? '' : rootService,
      rootName: trace.rootTraceName ?? '',
      startMs: Number((trace.startTimeUnixNano ?? '0').slice(0, -6)),
      durationMs: trace.durationMs ?? 0,
      spanCount: stats.reduce((sum, [, service]) => sum + (service.spanCount ?? 0), 0),
      errorCount: stats.reduce((sum, [, service]) => sum + (service.errorCount ?? 0), 0),
      services: stats.map(([service]) => service).sort(),
    };
  });
  return traces.sort((left, right) => right.startMs - left.startMs);
}

/** logfmt, as the search expects it. */
export function printTags(tags: Record<string, string>): string {
  return Object.entries(tags)
    .map(([name, value]) => `${name}=${/[\s"=]/.test(value) || value === '' ? JSON.stringify(value) : value}`)
    .join(' ');
}

/** Reads `name=value other="two words"`; undefined when the text is something else. */
export function parseTags(text: string): Record<string, string> | undefined {
  const tags: Record<string, string> = {};
  const pair = /\s*([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?=\s|$)/y;
  let position = 0;
  while (text.slice(position).trim() !== '') {
    pair.lastIndex = position;
    const found = pair.exec(text);
    const [, name, value] = found ?? [];
    if (name === undefined || value === undefined) {
      return undefined;
    }
    tags[name] = value.startsWith('"') ? (JSON.parse(value) as string) : value;
    position = pair.lastIndex;
  }
  return tags;
}

/** Go's durations, as far as people write them: `250ms`, `1.5s`, `1m30s`. */
export function isDuration(text: string): boolean {
  return /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text);
}

export function isTraceId(text: string): boolean {
  return /^[0-9a-f]{1,32}$/i.test(text);
}

interface TraceAnswer {
  trace?: { resourceSpans?: OtlpResourceSpans[] };
  status?: string;
  message?: string;
}

/** The trace as the store keeps it: OTLP in JSON. */
export function traceAddress(traceId: string, uid = DEFAULT_TEMPO): string {
  return tempoPath(uid, `v2/traces/${encodeURIComponent(traceId)}`);
}

/** Undefined when no trace has this id. */
export async function traceById(
  traceId: string,
  signal: AbortSignal,
  uid = DEFAULT_TEMPO,
): Promise<Trace | undefined> {
  const answer = await requestJson<TraceAnswer>(traceAddress(traceId, uid), { signal });
  const spans = decodeTrace(answer.trace?.resourceSpans ?? []);
  if (spans.length === 0) {
    return undefined;
  }
  return {
    traceId: traceId.toLowerCase().padStart(32, '0'),
    spans,
    warning: answer.status === 'PARTIAL' ? (answer.message ?? answer.status) : undefined,
  };
}

export async function tagValues(
  tag: string,
  range: { fromMs: number; toMs: number },
  signal: AbortSignal,
): Promise<string[]> {
  const path = withQuery(tempoPath(DEFAULT_TEMPO, `search/tag/${encodeURIComponent(tag)}/values`), {
    start: Math.floor(range.fromMs / 1000),
    end: Math.ceil(range.toMs / 1000),
  });
  const answer = await requestJson<{ tagValues?: string[] }>(path, { signal });
  return [...(answer.tagValues ?? [])].sort();
}
