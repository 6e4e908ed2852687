// What exists in a log store: labels, their values, fields in the lines, patterns of lines.
import { requestJson, withQuery } from '../../api/http';
import type { AbsoluteRange } from '../../lib/timeRange';
import { msToNs } from './client';
import { type LogLevel, toLevel } from './logLine';
import { lokiPath } from './proxy';

function during({ fromMs, toMs }: AbsoluteRange) {
  return { start: msToNs(fromMs), end: msToNs(toMs) };
}

export async function labelNames(
  uid: string,
  range: AbsoluteRange,
  selector: string | undefined,
  signal?: AbortSignal,
): Promise<string[]> {
  const path = withQuery(lokiPath(uid, 'labels'), { ...during(range), query: selector });
  const { data = [] } = await requestJson<{ data?: string[] }>(path, { signal });
  return data.filter((label) => !label.startsWith('__'));
}

export async function valuesOfLabel(
  uid: string,
  label: string,
  range: AbsoluteRange,
  selector: string | undefined,
  signal?: AbortSignal,
): Promise<string[]> {
  const path = withQuery(lokiPath(uid, `label/${encodeURIComponent(label)}/values`), {
    ...during(range),
    query: selector,
  });
  return (await requestJson<{ data?: string[] }>(path, { signal })).data ?? [];
}

export interface DetectedField {
  label: string;
  type: string;
  cardinality: number;
  parsers: string[] | null;
}

export async function detectedFields(
  uid: string,
  query: string,
  range: AbsoluteRange,
  signal?: AbortSignal,
): Promise<DetectedField[]> {
  const path = withQuery(lokiPath(uid, 'detected_fields'), { query, ...during(range), line_limit: 200 });
  return (await requestJson<{ fields?: DetectedField[] }>(path, { signal })).fields ?? [];
}

export async function valuesOfField(
  uid: string,
  field: string,
  query: string,
  range: AbsoluteRange,
  signal?: AbortSignal,
): Promise<string[]> {
  const path = withQuery(lokiPath(uid, `detected_field/${encodeURIComponent(field)}/values`), {
    query,
    ...during(range),
    line_limit: 500,
  });
  return (await requestJson<{ values?: string[] }>(path, { signal })).values ?? [];
}

export interface LinePattern {
  pattern: string;
  level: LogLevel;
  count: number;
  /** Milliseconds and lines. */
  samples: [number, number][];
}

interface PatternsAnswer {
  data?: { pattern: string; level?: string; samples?: [number, number][] }[];
}

/** Kinds of lines, most frequent first. */
export async function linePatterns(
  uid: string,
  selector: string,
  range: AbsoluteRange,
  stepMs: number,
  signal?: AbortSignal,
): Promise<LinePattern[]> {
  const path = withQuery(lokiPath(uid, 'patterns'), {
    query: selector,
    ...during(range),
    step: `${Math.max(10, Math.round(stepMs / 1000))}s`,
  });
  const { data = [] } = await requestJson<PatternsAnswer>(path, { signal });
  return data
    .map(({ pattern, level, samples = [] }) => ({
      pattern,
      level: toLevel(level),
      count: samples.reduce((sum, [, count]) => sum + count, 0),
      samples: samples.map(([seconds, count]): [number, number] => [seconds * 1000, count]),
    }))
    .sort((left, right) => right.count - left.count);
}
