// One question to Loki and its answer: lines, or numbers over time. What it cost comes with it.
import { requestJson, withQuery } from '../../api/http';
import type { AbsoluteRange } from '../../lib/timeRange';
import { interpolate, type LabelledSeries } from '../series';
import { type Direction, type EntryMetadata, entriesOf, msToNs } from './client';
import type { LogEntry } from './logLine';
import { CATEGORIZED, lokiPath } from './proxy';

export type LokiQueryType = 'range' | 'instant';

export interface LokiQuery {
  uid: string;
  expr: string;
  queryType: LokiQueryType;
  direction: Direction;
  maxLines: number;
  stepMs: number;
  range: AbsoluteRange;
}

export interface LokiResult {
  /** Undefined for a metric query. */
  entries: LogEntry[] | undefined;
  /** Undefined for a query of lines. */
  series: LabelledSeries[] | undefined;
  stats: QueryStats;
  request: string;
}

/** Figures of Loki's `stats.summary`, by their names there. */
export type QueryStats = Record<string, number>;

interface LokiAnswer {
  data: {
    resultType: 'streams' | 'matrix' | 'vector' | 'scalar';
    result: unknown;
    stats?: { summary?: Record<string, unknown> };
  };
}

interface StreamResult {
  stream: Record<string, string>;
  values: [string, string, EntryMetadata?][];
}

interface MetricResult {
  metric: Record<string, string>;
  values?: [number, string][];
  value?: [number, string];
}

export function requestOf(query: LokiQuery): string {
  const { fromMs, toMs } = query.range;
  const expr = interpolate(query.expr, toMs - fromMs, query.stepMs);
  if (query.queryType === 'instant') {
    return withQuery(lokiPath(query.uid, 'query'), {
      query: expr,
      time: msToNs(toMs),
      limit: query.maxLines,
      direction: query.direction,
    });
  }
  return withQuery(lokiPath(query.uid, 'query_range'), {
    query: expr,
    start: msToNs(fromMs),
    end: msToNs(toMs),
    step: `${query.stepMs / 1000}`,
    limit: query.maxLines,
    direction: query.direction,
  });
}

export async function runQuery(query: LokiQuery, signal: AbortSignal): Promise<LokiResult> {
  const request = requestOf(query);
  const answer = await requestJson<LokiAnswer>(request, { signal, headers: CATEGORIZED });
  return { ...resultOf(answer, query.direction), request };
}

export function resultOf(answer: LokiAnswer, direction: Direction): Omit<LokiResult, 'request'> {
  const { resultType, result, stats } = answer.data;
  const figures = Object.fromEntries(
    Object.entries(stats?.summary ?? {}).filter(
      (pair): pair is [string, number] => typeof pair[1] === 'number',
    ),
  );
  if (resultType === 'streams') {
    const streams = (result ?? []) as StreamResult[];
    return {
      entries: entriesOf({ data: { resultType, result: streams } }, direction),
      series: undefined,
      stats: figures,
    };
  }
  if (resultType === 'scalar') {
    return {
      entries: undefined,
      series: [{ labels: {}, points: [pointOf(result as [number, string])] }],
      stats: figures,
    };
  }
  const series = ((result ?? []) as MetricResult[]).map(({ metric, values, value }) => ({
    labels: metric,
    points: (values ?? (value ? [value] : [])).map(pointOf),
  }));
  return { entries: undefined, series, stats: figures };
}

function pointOf([seconds, value]: [number, string]): [number, number] {
  return [
    Math.round(seconds * 1000),
    Number(value === '+Inf' ? 'Infinity' : value === '-Inf' ? '-Infinity' : value),
  ];
}

export interface LinesPage {
  uid: string;
  expr: string;
  direction: Direction;
  limit: number;
  startNs: string;
  endNs: string;
}

/** Lines between two moments that are known to the nanosecond: for what lies beyond a first page. */
export async function linesBetween(page: LinesPage, signal: AbortSignal): Promise<LogEntry[]> {
  const path = withQuery(lokiPath(page.uid, 'query_range'), {
    query: page.expr,
    start: page.startNs,
    end: page.endNs,
    limit: page.limit,
    direction: page.direction,
  });
  const answer = await requestJson<LokiAnswer>(path, { signal, headers: CATEGORIZED });
  return resultOf(answer, page.direction).entries ?? [];
}
