// Cells of a heatmap out of the three kinds of data that heatmaps get. Rows run from the top down.
import { type DataFrame, DataFrameType, FieldType, getFieldDisplayName } from '@grafana/data';
import { type HeatmapOptions, toHeatmap } from '../../transformers/heatmap';

export interface Cell {
  from: number;
  to: number;
  row: number;
  count: number;
}

export interface Cells {
  list: Cell[];
  /** The upper edge of each row, or its name. */
  rows: (number | string)[];
  unit?: string;
}

export function toCells(frames: DataFrame[], calculation: HeatmapOptions | undefined): Cells | undefined {
  const ready = frames.find((frame) => frame.meta?.type === DataFrameType.HeatmapCells);
  if (ready) {
    return fromCells(ready);
  }
  if (calculation) {
    const [frame] = toHeatmap(frames, calculation);
    return frame && fromCells(frame);
  }
  return fromBuckets(frames);
}

function fromCells(frame: DataFrame): Cells {
  const field = (...names: string[]) => frame.fields.find((candidate) => names.includes(candidate.name));
  const xs = field('xMin', 'x', 'xMax')?.values ?? [];
  const interval = field('xMin', 'x', 'xMax')?.config.interval ?? stepOf(xs);
  const ys = (field('yMax', 'y', 'yMin')?.values ?? []) as (number | string)[];
  const counts = frame.fields.find((candidate) => /count/i.test(candidate.name)) ?? frame.fields.at(-1);
  const rows = [...new Set(ys)].sort((left, right) => Number(right) - Number(left));
  const rowOf = new Map(rows.map((row, index) => [row, index]));
  return {
    rows,
    unit: field('yMax', 'y', 'yMin')?.config.unit,
    list: xs.map((from: number, index: number) => ({
      from,
      to: from + interval,
      row: rowOf.get(ys[index] ?? '') ?? 0,
      count: Number(counts?.values[index] ?? 0),
    })),
  };
}

/** A series for each bucket: named by `le`, or by its display name. Cumulative ones are told apart. */
function fromBuckets(frames: DataFrame[]): Cells | undefined {
  const series = frames.flatMap((frame) => {
    const times = frame.fields.find((field) => field.type === FieldType.time);
    return times
      ? frame.fields
          .filter((field) => field.type === FieldType.number)
          .map((field) => ({
            name: field.labels?.le ?? getFieldDisplayName(field, frame, frames),
            times: times.values as number[],
            values: field.values as (number | null)[],
            cumulative: field.labels?.le !== undefined,
          }))
      : [];
  });
  if (series.length === 0) {
    return undefined;
  }
  const edge = (name: string) => (name === '+Inf' ? Number.POSITIVE_INFINITY : Number.parseFloat(name));
  const ordered = [...series].sort((left, right) => edge(right.name) - edge(left.name));
  const list = ordered.flatMap((bucket, row) => {
    const step = stepOf(bucket.times);
    const below = bucket.cumulative ? ordered[row + 1] : undefined;
    const smaller = new Map(below?.times.map((time, index) => [time, Number(below.values[index] ?? 0)]));
    return bucket.times.map((from, index) => ({
      from,
      to: from + step,
      row,
      count: Math.max(0, Number(bucket.values[index] ?? 0) - (smaller.get(from) ?? 0)),
    }));
  });
  return { rows: ordered.map((bucket) => bucket.name), list };
}

function stepOf(times: readonly number[]): number {
  let step = Number.POSITIVE_INFINITY;
  for (let index = 1; index < times.length; index += 1) {
    const distance = Number(times[index]) - Number(times[index - 1]);
    if (distance > 0 && distance < step) {
      step = distance;
    }
  }
  return Number.isFinite(step) ? step : 60_000;
}
