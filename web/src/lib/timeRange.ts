// Time ranges as the URL carries them: `now-15m`, or milliseconds since 1970.
import { dateMath, dateTime, rangeUtil, type TimeRange } from '@grafana/data';

export interface RawRange {
  from: string;
  to: string;
}

export interface AbsoluteRange {
  fromMs: number;
  toMs: number;
}

export const DEFAULT_RANGE: RawRange = { from: 'now-15m', to: 'now' };

const RELATIVE = /^now([+-]\d+[smhdwMy])*(\/[smhdwMy])?$/;
const MILLISECONDS = /^\d{10,14}$/;

export function isRangeBound(text: string | null): text is string {
  return text !== null && (RELATIVE.test(text) || MILLISECONDS.test(text));
}

export function isRelative(range: RawRange): boolean {
  return range.from.startsWith('now') || range.to.startsWith('now');
}

/** What the range means at this moment. An end before its start is taken as empty. */
export function resolveRange(range: RawRange, timeZone = 'browser'): AbsoluteRange {
  const fromMs = resolveBound(range.from, false, timeZone);
  return { fromMs, toMs: Math.max(fromMs, resolveBound(range.to, true, timeZone)) };
}

function resolveBound(text: string, roundUp: boolean, timeZone: string): number {
  if (MILLISECONDS.test(text)) {
    return Number(text);
  }
  return dateMath.toDateTime(text, { roundUp, timezone: timeZone })?.valueOf() ?? Date.now();
}

/** For the picker of @grafana/ui. */
export function toPickerRange(range: RawRange, timeZone: string): TimeRange {
  const bound = (text: string) => (MILLISECONDS.test(text) ? dateTime(Number(text)) : text);
  return rangeUtil.convertRawToRange({ from: bound(range.from), to: bound(range.to) }, timeZone);
}

export function fromPickerRange(range: TimeRange): RawRange {
  const bound = (value: TimeRange['raw']['from']) =>
    typeof value === 'string' ? value : String(value.valueOf());
  return { from: bound(range.raw.from), to: bound(range.raw.to) };
}

/** Half a range back (-1) or forward (1). */
export function shiftRange(range: AbsoluteRange, direction: -1 | 1): RawRange {
  const step = Math.round((range.toMs - range.fromMs) / 2) * direction;
  return { from: String(range.fromMs + step), to: String(range.toMs + step) };
}

/** Twice as long around the same middle, but not into the future. */
export function zoomOut(range: AbsoluteRange): RawRange {
  const half = Math.max(30_000, Math.round((range.toMs - range.fromMs) / 2));
  return { from: String(range.fromMs - half), to: String(Math.min(Date.now(), range.toMs + half)) };
}
