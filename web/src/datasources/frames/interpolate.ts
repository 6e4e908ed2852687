// Variables in queries. A query knows its place in the dashboard through `__sceneObject`: repeated panels see
// their own value of a variable, everything else the dashboard's.
import type { DataQueryRequest, ScopedVars, TimeRange } from '@grafana/data';
import { type SceneObject, sceneGraph } from '@grafana/scenes';

export type ValueFormat = string | ((value: unknown) => string);

/** The scene object that asks, if any does. */
export function sceneOf(scopedVars: ScopedVars | undefined): SceneObject | undefined {
  const wrapped = scopedVars?.__sceneObject?.value as { valueOf(): SceneObject } | undefined;
  return wrapped?.valueOf() ?? window.__grafanaSceneContext;
}

export function interpolate(text: string, scopedVars: ScopedVars | undefined, format?: ValueFormat): string {
  const scene = sceneOf(scopedVars);
  return (scene && text.includes('$')) || (scene && text.includes('[['))
    ? sceneGraph.interpolate(scene, text, scopedVars, format as never)
    : text;
}

/** Values of all strings in a query, however deep. */
export function interpolateDeep<Value>(value: Value, replace: (text: string) => string): Value {
  if (typeof value === 'string') {
    return replace(value) as Value;
  }
  if (Array.isArray(value)) {
    return value.map((entry) => interpolateDeep(entry, replace)) as Value;
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, interpolateDeep(entry, replace)]),
    ) as Value;
  }
  return value;
}

const MIN_RATE_INTERVAL_MS = 60_000;
const SCRAPE_INTERVAL_MS = 15_000;

/** The time macros of Loki and Prometheus queries. */
export function timeMacros(request: Pick<DataQueryRequest, 'range' | 'intervalMs' | 'interval'>): ScopedVars {
  const rangeMs = lengthMs(request.range);
  const seconds = Math.max(1, Math.round(rangeMs / 1000));
  const rateMs = Math.max(MIN_RATE_INTERVAL_MS, (request.intervalMs ?? 1000) + SCRAPE_INTERVAL_MS);
  const of = (value: string | number) => ({ text: String(value), value });
  return {
    __interval: of(request.interval ?? '1s'),
    __interval_ms: of(request.intervalMs ?? 1000),
    __range: of(`${seconds}s`),
    __range_s: of(seconds),
    __range_ms: of(rangeMs),
    __auto: of(request.interval ?? '1s'),
    __rate_interval: of(`${Math.round(rateMs / 1000)}s`),
    __rate_interval_ms: of(rateMs),
  };
}

function lengthMs(range: TimeRange): number {
  return Math.max(1, range.to.valueOf() - range.from.valueOf());
}

/** One value as it is, several as an alternation of escaped values: what Loki and Prometheus want. */
export function asRegex(value: unknown): string {
  if (Array.isArray(value)) {
    const parts = value.map((entry) => escapeForString(escapeRegex(String(entry))));
    return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join('|')})`;
  }
  return escapeForString(String(value));
}

/** TraceQL's `=~` is anchored as well; values stand side by side. */
export function asPipe(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join('|') : String(value);
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$*+?.()|[\]{}]/g, '\\$&');
}

/** Backslashes and quotes inside a quoted string of a query. */
function escapeForString(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"');
}
