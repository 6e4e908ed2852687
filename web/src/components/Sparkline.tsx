// A small line without axes, for figures that have a course.
import { css } from '@emotion/css';

export interface SparklineProps {
  values: readonly (number | null)[];
  color: string;
}

const WIDTH = 100;
const HEIGHT = 28;

export function Sparkline({ values, color }: SparklineProps) {
  const points = linePoints(values);
  if (points.length < 2) {
    return <div className={BOX} />;
  }
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const first = points[0]?.[0] ?? 0;
  const last = points.at(-1)?.[0] ?? WIDTH;
  return (
    <svg className={BOX} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polygon points={`${first},${HEIGHT} ${line} ${last},${HEIGHT}`} fill={color} opacity={0.12} />
      <polyline
        points={line}
        fill="none"
        stroke={color}
        strokeWidth={1.5}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

/** From zero to the largest value, with a little air above. */
export function linePoints(values: readonly (number | null)[]): [number, number][] {
  const largest = Math.max(...values.map((value) => value ?? 0), 1e-9) * 1.1;
  const step = WIDTH / Math.max(1, values.length - 1);
  return values.flatMap((value, index) =>
    value === null ? [] : [[index * step, HEIGHT - (value / largest) * HEIGHT] as [number, number]],
  );
}

const BOX = css({ display: 'block', width: '100%', height: HEIGHT });
