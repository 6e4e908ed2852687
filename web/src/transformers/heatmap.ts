// Values counted into buckets of time and size, for the heatmap panel.
import {
  createDataFrame,
  type DataFrame,
  DataFrameType,
  type DataTransformerInfo,
  FieldType,
} from '@grafana/data';
import { map } from 'rxjs';

interface BucketSize {
  mode?: 'size' | 'count';
  /** A number, or a duration in milliseconds as text. */
  value?: string;
  scale?: { type?: string; log?: number };
}

export interface HeatmapOptions {
  xBuckets?: BucketSize;
  yBuckets?: BucketSize;
}

const DEFAULT_X = 40;
const DEFAULT_Y = 15;

export const heatmap: DataTransformerInfo<HeatmapOptions> = {
  id: 'heatmap',
  name: 'Create heatmap',
  description: 'Generate heatmap data from source data',
  defaultOptions: {},
  operator: (options) => (source) => source.pipe(map((frames) => toHeatmap(frames, options))),
};

export function toHeatmap(frames: DataFrame[], options: HeatmapOptions = {}): DataFrame[] {
  const points = pointsOf(frames);
  if (points.length === 0) {
    return [];
  }
  const xs = buckets(
    points.map(([x]) => x),
    options.xBuckets,
    DEFAULT_X,
  );
  const ys = buckets(
    points.map(([, y]) => y),
    options.yBuckets,
    DEFAULT_Y,
  );
  const counts = new Map<string, number>();
  for (const [x, y] of points) {
    const key = `${xs.of(x)} ${ys.of(y)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const cells = xs.starts.flatMap((_, x) => ys.starts.map((_y, y) => [x, y] as const));
  return [
    createDataFrame({
      meta: { type: DataFrameType.HeatmapCells },
      fields: [
        {
          name: 'xMin',
          type: FieldType.time,
          config: { interval: xs.size },
          values: cells.map(([x]) => xs.starts[x]),
        },
        { name: 'yMin', type: FieldType.number, values: cells.map(([, y]) => ys.starts[y]) },
        {
          name: 'yMax',
          type: FieldType.number,
          values: cells.map(([, y]) => (ys.starts[y] ?? 0) + ys.size),
        },
        {
          name: 'Count',
          type: FieldType.number,
          values: cells.map(([x, y]) => counts.get(`${x} ${y}`) ?? 0),
        },
      ],
    }),
  ];
}

function pointsOf(frames: DataFrame[]): [number, number][] {
  return frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === FieldType.time);
    const numbers = frame.fields.filter((field) => field.type === FieldType.number);
    return time
      ? numbers.flatMap((field) =>
          field.values.flatMap((value: unknown, row: number): [number, number][] =>
            typeof value === 'number' && Number.isFinite(value) ? [[Number(time.values[row]), value]] : [],
          ),
        )
      : [];
  });
}

interface Buckets {
  starts: number[];
  size: number;
  of: (value: number) => number;
}

const MOST_BUCKETS = 500;

function buckets(values: number[], wanted: BucketSize | undefined, fallback: number): Buckets {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const given = Number.parseFloat(wanted?.value ?? '');
  const span = high - low || 1;
  const asked = wanted?.mode === 'size' && given > 0 ? given : span / (given > 0 ? given : fallback);
  const size = Math.max(asked, span / MOST_BUCKETS);
  const first = Math.floor(low / size) * size;
  const count = Math.floor((high - first) / size) + 1;
  return {
    starts: Array.from({ length: count }, (_, index) => first + index * size),
    size,
    of: (value) => Math.min(count - 1, Math.floor((value - first) / size)),
  };
}
