// A drawing of our own over time: rows with names on the left, a time axis below.
import { css } from '@emotion/css';
import type { GrafanaTheme2, TimeRange } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import { timeTicks } from './scales';

export interface TimeFrameProps {
  width: number;
  height: number;
  range: TimeRange;
  timeZone: string;
  rows: readonly string[];
  label: string;
  /** Names at the borders of the rows, not at their middle. */
  atEdges?: boolean;
  children: (area: { left: number; width: number; height: number; x: (time: number) => number }) => ReactNode;
}

const AXIS = 20;
const LONGEST = 22;
const TEXT_WIDTH = 6.6;

export function TimeFrame({
  width,
  height,
  range,
  timeZone,
  rows,
  label,
  atEdges,
  children,
}: TimeFrameProps) {
  const styles = useStyles2(getStyles);
  const names = rows.map((name) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name));
  const left = Math.min(width * 0.35, Math.max(0, ...names.map((name) => name.length)) * TEXT_WIDTH + 10);
  const innerWidth = Math.max(10, width - left - 4);
  const innerHeight = Math.max(10, height - AXIS);
  const from = range.from.valueOf();
  const span = range.to.valueOf() - from || 1;
  const x = (time: number) => left + ((time - from) / span) * innerWidth;
  const rowHeight = innerHeight / Math.max(1, rows.length - (atEdges ? 1 : 0));
  const every = Math.max(1, Math.ceil(14 / rowHeight));
  return (
    <svg width={width} height={height} role="img" aria-label={label}>
      {timeTicks(range, Math.floor(innerWidth / 90), timeZone).map((tick) => (
        <g key={tick.at} transform={`translate(${x(tick.at)},0)`}>
          <line y2={innerHeight} className={styles.grid} />
          <text y={innerHeight + 14} textAnchor="middle" className={styles.text}>
            {tick.label}
          </text>
        </g>
      ))}
      {names.map((name, index) =>
        index % every === 0 ? (
          <text
            // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat
            key={index}
            x={left - 6}
            y={atEdges ? innerHeight - index * rowHeight + 4 : (index + 0.5) * rowHeight + 4}
            textAnchor="end"
            className={styles.text}
          >
            {name}
          </text>
        ) : null,
      )}
      {children({ left, width: innerWidth, height: innerHeight, x })}
    </svg>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  grid: css({ stroke: theme.colors.border.weak, strokeWidth: 1 }),
  text: css({ fill: theme.colors.text.secondary, fontSize: 11 }),
});
