// How many lines there are over time, by level: the histogram above a list of lines.
import type { AbsoluteRange } from '../../lib/timeRange';
import { align, type LabelledSeries } from '../series';
import { type LogLevel, toLevel } from './logLine';

export function volumeQuery(expr: string): string {
  // A comment at the end would swallow what follows it.
  const plain = expr.replace(/^\s*#.*$/gm, '').trim();
  return `sum by (level, detected_level) (count_over_time(${plain} | drop __error__[$__auto]))`;
}

export interface LogVolume {
  /** Starts of the buckets. */
  times: number[];
  levels: { level: LogLevel; counts: (number | null)[]; total: number }[];
  total: number;
}

/** From worst to least interesting; the first stands at the bottom of each bar. */
const ORDER: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'unknown'];

export function volumeOf(series: readonly LabelledSeries[], range: AbsoluteRange, stepMs: number): LogVolume {
  const byLevel = new Map<LogLevel, LabelledSeries>();
  for (const { labels, points } of series) {
    const level = toLevel(labels.level || labels.detected_level);
    const known = byLevel.get(level);
    byLevel.set(level, { labels: { level }, points: known ? sum(known.points, points) : points });
  }
  const levels = ORDER.filter((level) => byLevel.has(level));
  const rows = levels.map((level) => byLevel.get(level) ?? { labels: {}, points: [] });
  const { times, values } = align(withAllBuckets(rows, range, stepMs));
  const figures = levels.map((level, index) => {
    const counts = values[index] ?? [];
    return { level, counts, total: counts.reduce<number>((total, count) => total + (count ?? 0), 0) };
  });
  return {
    // Loki stamps a count with the end of what it counted.
    times: times.map((time) => time - stepMs),
    levels: figures,
    total: figures.reduce((total, { total: part }) => total + part, 0),
  };
}

function sum(left: readonly [number, number][], right: readonly [number, number][]): [number, number][] {
  const counts = new Map(left);
  for (const [time, count] of right) {
    counts.set(time, (counts.get(time) ?? 0) + count);
  }
  return [...counts].sort(([earlier], [later]) => earlier - later);
}

/** Times without lines stay on the axis, so that bars keep the width of their bucket. */
function withAllBuckets(
  rows: readonly LabelledSeries[],
  { fromMs, toMs }: AbsoluteRange,
  stepMs: number,
): LabelledSeries[] {
  const [first] = rows
    .flatMap(({ points }) => points.map(([time]) => time))
    .sort((left, right) => left - right);
  if (first === undefined) {
    return [...rows];
  }
  const offset = first % stepMs;
  const start = Math.ceil((fromMs - offset) / stepMs) * stepMs + offset;
  const axis: number[] = [];
  for (let time = start; time <= toMs + stepMs && axis.length < 2000; time += stepMs) {
    axis.push(time);
  }
  return rows.map((row) => {
    const present = new Map(row.points);
    const times = [...new Set([...axis, ...present.keys()])].sort((left, right) => left - right);
    return { ...row, points: times.map((time) => [time, present.get(time) ?? 0]) };
  });
}
