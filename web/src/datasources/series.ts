// Numbers over time with labels, as Loki, Prometheus and Tempo answer metric queries. No React in here.

export interface LabelledSeries {
  labels: Record<string, string>;
  /** Milliseconds and values, by time. */
  points: [number, number][];
}

export interface AlignedSeries {
  times: number[];
  /** One row of values per series; null where it has no point. */
  values: (number | null)[][];
}

/** Puts all series on one axis of times, as charts want them. */
export function align(series: readonly LabelledSeries[]): AlignedSeries {
  const times = [...new Set(series.flatMap(({ points }) => points.map(([time]) => time)))].sort(
    (left, right) => left - right,
  );
  const indexOf = new Map(times.map((time, index) => [time, index]));
  const values = series.map(({ points }) => {
    const row: (number | null)[] = new Array<number | null>(times.length).fill(null);
    for (const [time, value] of points) {
      row[indexOf.get(time) ?? 0] = Number.isFinite(value) ? value : null;
    }
    return row;
  });
  return { times, values };
}

/** A name for a legend: the labels that tell the series apart, or `fallback` when there are none. */
export function seriesName(labels: Record<string, string>, fallback: string): string {
  const { __name__: name = '', ...others } = labels;
  const pairs = Object.entries(others);
  if (pairs.length === 0) {
    return name || fallback;
  }
  const [only] = pairs;
  if (pairs.length === 1 && name === '' && only) {
    return only[1] === '' ? `${only[0]}=""` : only[1];
  }
  return `${name}{${pairs.map(([label, value]) => `${label}="${value}"`).join(', ')}}`;
}

export interface SeriesFigures {
  last: number;
  least: number;
  most: number;
  mean: number;
}

export function figuresOf({ points }: LabelledSeries): SeriesFigures | undefined {
  const values = points.map(([, value]) => value).filter(Number.isFinite);
  const last = values.at(-1);
  if (last === undefined) {
    return undefined;
  }
  const sum = values.reduce((total, value) => total + value, 0);
  return {
    last,
    least: values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    most: values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
    mean: sum / values.length,
  };
}

const NICE_STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000,
  300_000, 600_000, 900_000, 1_200_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000,
  86_400_000, 604_800_000, 2_592_000_000,
];

/** The distance between points that gives at most `points` of them, rounded up to what people count in. */
export function niceStepMs(rangeMs: number, points: number, leastMs = 1000): number {
  const wanted = Math.max(leastMs, rangeMs / Math.max(1, points));
  return NICE_STEPS_MS.find((step) => step >= wanted) ?? wanted;
}

/** As LogQL and TraceQL write durations: in the largest unit that divides them. */
export function durationText(milliseconds: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1000, 's'],
  ] as const;
  const found = units.find(([size]) => milliseconds >= size && milliseconds % size === 0);
  return found ? `${milliseconds / found[0]}${found[1]}` : `${Math.max(1, Math.round(milliseconds))}ms`;
}

/** Fills in the variables that Grafana knows in queries. */
export function interpolate(query: string, rangeMs: number, stepMs: number): string {
  const values: Record<string, string> = {
    __auto: durationText(stepMs),
    __interval: durationText(stepMs),
    __interval_ms: String(stepMs),
    __rate_interval: durationText(stepMs * 4),
    __range: `${Math.max(1, Math.round(rangeMs / 1000))}s`,
    __range_s: String(Math.max(1, Math.round(rangeMs / 1000))),
    __range_ms: String(Math.max(1, Math.round(rangeMs))),
  };
  return query.replace(/\$(?:\{(__\w+)\}|(__\w+))/g, (whole, braced?: string, plain?: string) => {
    return values[braced ?? plain ?? ''] ?? whole;
  });
}
