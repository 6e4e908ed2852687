// Bars side by side or on each other, standing or lying, with an axis of values and the names of the categories.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { StackingMode } from '@grafana/schema';
import { useStyles2 } from '@grafana/ui';
import { useHover } from './Hover';
import { niceTicks } from './scales';

export interface BarSeries {
  name: string;
  color: string;
  values: readonly (number | null | undefined)[];
  text: (value: number) => string;
  colorOf?: (value: number) => string | undefined;
}

export interface BarsDrawingProps {
  names: readonly string[];
  series: readonly BarSeries[];
  width: number;
  height: number;
  horizontal: boolean;
  stacking: StackingMode;
  /** Bars that touch: a histogram. */
  dense?: boolean;
}

interface Bar {
  category: number;
  series: number;
  /** Where it begins and ends on the axis of values. */
  from: number;
  to: number;
  /** Of how many side by side, and which. */
  slot: number;
  slots: number;
}

export function layoutBars(series: readonly BarSeries[], count: number, stacking: StackingMode): Bar[] {
  const stacked = stacking === StackingMode.Normal || stacking === StackingMode.Percent;
  return Array.from({ length: count }, (_, category) => {
    const values = series.map((one) => Number(one.values[category] ?? 0) || 0);
    const sum = values.reduce((total, value) => total + Math.abs(value), 0) || 1;
    let base = 0;
    return values.map((raw, index): Bar => {
      const value = stacking === StackingMode.Percent ? (raw / sum) * 100 : raw;
      const from = stacked ? base : 0;
      base += stacked ? value : 0;
      return {
        category,
        series: index,
        from,
        to: from + value,
        slot: stacked ? 0 : index,
        slots: stacked ? 1 : series.length,
      };
    });
  }).flat();
}

const AXIS = 18;
const LONGEST_NAME = 24;

export function BarsDrawing(props: BarsDrawingProps) {
  const { names, series, width, height, horizontal, stacking, dense } = props;
  const styles = useStyles2(getStyles);
  const { show, hide, tooltip } = useHover();
  const bars = layoutBars(series, names.length, stacking);
  const low = Math.min(0, ...bars.map((bar) => bar.to));
  const high = Math.max(...bars.map((bar) => bar.to), low + 1e-9);
  const nameRoom = horizontal ? nameWidth(names, width) : AXIS;
  const valueRoom = horizontal ? AXIS : 44;
  const length = Math.max(10, horizontal ? width - nameRoom - 12 : height - nameRoom - 8);
  const breadth = Math.max(10, horizontal ? height - valueRoom : width - valueRoom);
  const band = breadth / Math.max(1, names.length);
  const along = (value: number) => ((value - low) / (high - low)) * length;
  const ticks = niceTicks(low, high, Math.max(2, Math.floor(length / 80)));
  const tickText = (value: number) =>
    stacking === StackingMode.Percent ? `${value}%` : (series[0]?.text(value) ?? String(value));
  const everyName = Math.max(1, Math.ceil((horizontal ? 16 : longest(names) * 7 + 8) / band));
  return (
    <div style={{ width, height }}>
      <svg width={width} height={height} role="img" aria-label={summary(names, series)} onMouseLeave={hide}>
        {ticks.map((tick) =>
          horizontal ? (
            <g key={tick} transform={`translate(${nameRoom + along(tick)},0)`}>
              <line y2={breadth} className={styles.grid} />
              <text y={breadth + 13} textAnchor="middle" className={styles.text}>
                {tickText(tick)}
              </text>
            </g>
          ) : (
            <g key={tick} transform={`translate(0,${8 + length - along(tick)})`}>
              <line x1={valueRoom} x2={width} className={styles.grid} />
              <text x={valueRoom - 6} dy={4} textAnchor="end" className={styles.text}>
                {tickText(tick)}
              </text>
            </g>
          ),
        )}
        {bars.map((bar) => {
          const one = series[bar.series];
          if (!one) {
            return null;
          }
          const gap = dense ? 0.5 : Math.min(4, band * 0.1);
          const thick = Math.max(1, (band - 2 * gap) / bar.slots);
          const across = bar.category * band + gap + bar.slot * thick;
          const start = along(Math.min(bar.from, bar.to));
          const size = Math.max(0.5, Math.abs(along(bar.to) - along(bar.from)));
          const value = Number(one.values[bar.category] ?? 0);
          const place = horizontal
            ? { x: nameRoom + start, y: across, width: size, height: Math.max(1, thick - 1) }
            : {
                x: valueRoom + across,
                y: 8 + length - start - size,
                width: Math.max(1, thick - 1),
                height: size,
              };
          return (
            <rect
              key={`${bar.category} ${bar.series}`}
              {...place}
              rx={dense ? 0 : 1.5}
              fill={one.colorOf?.(value) ?? one.color}
              className={styles.bar}
              onMouseMove={(event) =>
                show(
                  event,
                  names[bar.category] ?? '',
                  series.map((entry) => ({
                    label: entry.name,
                    value: entry.text(Number(entry.values[bar.category] ?? 0)),
                    color: entry.colorOf?.(Number(entry.values[bar.category] ?? 0)) ?? entry.color,
                  })),
                )
              }
            />
          );
        })}
        {names.map((name, index) =>
          index % everyName > 0 ? null : horizontal ? (
            <text
              // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat
              key={`${index} ${name}`}
              x={nameRoom - 6}
              y={(index + 0.5) * band + 4}
              textAnchor="end"
              className={styles.text}
            >
              {shorten(name)}
            </text>
          ) : (
            <text
              // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat
              key={`${index} ${name}`}
              x={valueRoom + (index + 0.5) * band}
              y={height - 4}
              textAnchor="middle"
              className={styles.text}
            >
              {shorten(name)}
            </text>
          ),
        )}
      </svg>
      {tooltip}
    </div>
  );
}

function shorten(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
}

function longest(names: readonly string[]): number {
  return names.reduce((most, name) => Math.max(most, shorten(name).length), 0);
}

function nameWidth(names: readonly string[], width: number): number {
  return Math.min(width * 0.45, longest(names) * 6.6 + 12);
}

function summary(names: readonly string[], series: readonly BarSeries[]): string {
  return series
    .map(
      (one) =>
        `${one.name}: ${names
          .slice(0, 20)
          .map((name, row) => `${name} ${one.text(Number(one.values[row] ?? 0))}`)
          .join(', ')}`,
    )
    .join('; ');
}

const getStyles = (theme: GrafanaTheme2) => ({
  grid: css({ stroke: theme.colors.border.weak, strokeWidth: 1 }),
  text: css({ fill: theme.colors.text.secondary, fontSize: 11 }),
  bar: css({ '&:hover': { opacity: 0.8 } }),
});
