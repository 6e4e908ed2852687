// Search with TraceQL: traces, and the spans of each that matched.
import { requestJson, withQuery } from '../../api/http';
import type { AbsoluteRange } from '../../lib/timeRange';
import { type SearchTrace, summariesOf, type TraceSummary } from './client';
import { type OtlpAttribute, plainText } from './otlp';
import { tempoPath } from './proxy';
import type { Attribute } from './trace';

export interface MatchedSpan {
  spanId: string;
  name: string;
  startMs: number;
  durationMs: number;
  attributes: Attribute[];
}

export interface FoundTrace extends TraceSummary {
  spans: MatchedSpan[];
  /** Spans that matched, of which `spans` are the first. */
  matched: number;
}

export interface TraceqlSearch {
  uid: string;
  query: string;
  limit: number;
  spansPerTrace: number;
  range: AbsoluteRange;
}

export interface SearchResult {
  traces: FoundTrace[];
  /** What the search cost, by Tempo's names. */
  metrics: Record<string, number>;
  request: string;
}

interface SpanSet {
  spans?: {
    spanID: string;
    name?: string;
    startTimeUnixNano?: string;
    durationNanos?: string;
    attributes?: OtlpAttribute[];
  }[];
  matched?: number;
}

interface TraceqlAnswer {
  traces?: (SearchTrace & { spanSets?: SpanSet[]; spanSet?: SpanSet })[];
  metrics?: Record<string, unknown>;
}

export async function searchTraceql(search: TraceqlSearch, signal: AbortSignal): Promise<SearchResult> {
  const request = withQuery(tempoPath(search.uid, 'search'), {
    q: search.query,
    limit: search.limit,
    spss: search.spansPerTrace,
    start: Math.floor(search.range.fromMs / 1000),
    end: Math.ceil(search.range.toMs / 1000),
  });
  const answer = await requestJson<TraceqlAnswer>(request, { signal });
  return { ...foundIn(answer), request };
}

export function foundIn(answer: TraceqlAnswer): Omit<SearchResult, 'request'> {
  const setsById = new Map(
    (answer.traces ?? []).map((trace) => [
      trace.traceID.padStart(32, '0'),
      trace.spanSets ?? (trace.spanSet ? [trace.spanSet] : []),
    ]),
  );
  const traces = summariesOf(answer).map((summary) => {
    const sets = setsById.get(summary.traceId) ?? [];
    const spans = sets.flatMap((set) => set.spans ?? []).map(matchedSpan);
    return { ...summary, spans, matched: sets.reduce((sum, set) => sum + (set.matched ?? 0), 0) };
  });
  return { traces, metrics: figures(answer.metrics ?? {}) };
}

function matchedSpan(span: NonNullable<SpanSet['spans']>[number]): MatchedSpan {
  return {
    spanId: span.spanID.padStart(16, '0'),
    name: span.name ?? '',
    startMs: Number(span.startTimeUnixNano ?? '0') / 1e6,
    durationMs: Number(span.durationNanos ?? '0') / 1e6,
    attributes: (span.attributes ?? []).map(({ key, value }) => ({ name: key, value: plainText(value) })),
  };
}

function figures(metrics: Record<string, unknown>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics)
      .map(([name, value]) => [name, Number(value)] as const)
      .filter(([, value]) => Number.isFinite(value)),
  );
}
