// Round numbers for axes, and times as axes write them.
import { dateTimeFormat, type TimeRange } from '@grafana/data';

const STEPS = [1, 2, 2.5, 5, 10];

export function niceTicks(low: number, high: number, count: number): number[] {
  const span = high - low;
  if (!(span > 0) || count < 1) {
    return [low];
  }
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((candidate) => candidate * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9) * step;
  const ticks: number[] = [];
  for (let index = 0; first + index * step <= high + step * 1e-9; index += 1) {
    ticks.push(Number((first + index * step).toPrecision(12)));
  }
  return ticks;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  SECOND,
  5 * SECOND,
  10 * SECOND,
  30 * SECOND,
  MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  30 * DAY,
  365 * DAY,
];

export interface TimeTick {
  at: number;
  label: string;
}

export function timeTicks(range: TimeRange, count: number, timeZone: string): TimeTick[] {
  const from = range.from.valueOf();
  const to = range.to.valueOf();
  const rough = (to - from) / Math.max(1, count);
  const step = TIME_STEPS.find((candidate) => candidate >= rough) ?? 365 * DAY;
  const format = step < MINUTE ? 'HH:mm:ss' : step < DAY ? 'HH:mm' : 'MM/DD';
  const ticks: TimeTick[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    ticks.push({ at, label: dateTimeFormat(at, { timeZone, format }) });
  }
  return ticks;
}
