// How many values of which size, over time. Takes cells, a series for each bucket (`le`), or raw values to count.

import { dateTimeFormat, formattedValueToString, getValueFormat, type PanelProps } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import { interpolateRgbBasis } from 'd3-interpolate';
import { useMemo } from 'react';
import type { HeatmapOptions as BucketOptions } from '../transformers/heatmap';
import { useHover } from './shared/Hover';
import { type Cells, toCells } from './shared/heatmapCells';
import { NoData } from './shared/NoData';
import { choices } from './shared/options';
import { panelWithFields } from './shared/panelWithFields';
import { TimeFrame } from './shared/TimeFrame';

interface HeatmapPanelOptions {
  calculate: boolean;
  calculation?: BucketOptions;
  color: { scheme: string; steps: number; reverse: boolean; exponent: number };
  yAxis: { unit?: string; decimals?: number };
  filterValues?: { le?: number };
}

/** Narrower cells touch, or the gaps between them would be all one sees. */
const WIDE_CELL_PX = 6;
const OVERLAP_PX = 0.5;

const SCHEMES: Record<string, string[]> = {
  Oranges: ['#3b1a08', '#a3470c', '#f2821f', '#fbd38d', '#fff4dc'],
  Blues: ['#0b1f3f', '#1f4f9c', '#3d85d9', '#8fc3f5', '#e2f1ff'],
  Greens: ['#0a2a16', '#1b6b38', '#37a862', '#8fdcab', '#e2f8ea'],
  Spectral: ['#5e4fa2', '#3288bd', '#66c2a5', '#e6f598', '#fdae61', '#d53e4f'],
  Turbo: ['#30123b', '#4662d7', '#1ae4b6', '#a4fc3c', '#fb7e21', '#7a0403'],
};

function HeatmapPanel({
  data,
  options,
  width,
  height,
  timeRange,
  timeZone,
}: PanelProps<HeatmapPanelOptions>) {
  const theme = useTheme2();
  const { show, hide, tooltip } = useHover();
  const cells = useMemo(
    () => toCells(data.series, options.calculate ? (options.calculation ?? {}) : undefined),
    [data.series, options.calculate, options.calculation],
  );
  if (!cells || cells.list.length === 0) {
    return <NoData />;
  }
  const stops = SCHEMES[options.color?.scheme] ?? SCHEMES.Oranges ?? [];
  const ordered = theme.isDark === Boolean(options.color?.reverse) ? [...stops].reverse() : stops;
  const scale = interpolateRgbBasis(ordered);
  const most = Math.max(...cells.list.map((cell) => cell.count));
  const colorOf = (count: number) => scale((count / most) ** (options.color?.exponent ?? 0.5));
  const format = getValueFormat(options.yAxis?.unit ?? cells.unit ?? 'short');
  const edge = (value: number | string) =>
    typeof value === 'string' ? value : formattedValueToString(format(value, options.yAxis?.decimals));
  const rowName = (row: number) => edge(cells.rows[row] ?? '');
  return (
    <>
      <TimeFrame
        width={width}
        height={height}
        range={timeRange}
        timeZone={timeZone}
        rows={[...cells.rows.map(edge)]}
        atEdges={false}
        label={describe(cells, rowName)}
      >
        {({ left, width: areaWidth, height: areaHeight, x }) => {
          const rowHeight = areaHeight / cells.rows.length;
          return cells.list
            .filter((cell) => cell.count > (options.filterValues?.le ?? 0))
            .map((cell) => {
              const start = Math.max(left, x(cell.from));
              const size = Math.min(left + areaWidth, x(cell.to)) - start;
              return size <= 0 ? null : (
                <rect
                  key={`${cell.from} ${cell.row}`}
                  x={start}
                  y={cell.row * rowHeight}
                  width={size > WIDE_CELL_PX ? size - 1 : size + OVERLAP_PX}
                  height={Math.max(1, rowHeight - 1)}
                  fill={colorOf(cell.count)}
                  onMouseMove={(event) =>
                    show(event, dateTimeFormat(cell.from, { timeZone }), [
                      { label: rowName(cell.row), value: String(cell.count), color: colorOf(cell.count) },
                    ])
                  }
                  onMouseLeave={hide}
                />
              );
            });
        }}
      </TimeFrame>
      {tooltip}
    </>
  );
}

function describe(cells: Cells, rowName: (row: number) => string): string {
  const sums = new Map<number, number>();
  for (const cell of cells.list) {
    sums.set(cell.row, (sums.get(cell.row) ?? 0) + cell.count);
  }
  return [...sums].map(([row, sum]) => `${rowName(row)}: ${Math.round(sum)}`).join(', ');
}

export const plugin = panelWithFields<HeatmapPanelOptions>(HeatmapPanel).setPanelOptions((builder) => {
  builder
    .addRadio({
      path: 'calculate',
      name: 'Calculate from data',
      category: ['Heatmap'],
      defaultValue: false,
      settings: choices([true, 'Yes'], [false, 'No']),
    })
    .addSelect({
      path: 'color.scheme',
      name: 'Scheme',
      category: ['Colors'],
      defaultValue: 'Oranges',
      settings: { options: Object.keys(SCHEMES).map((scheme) => ({ value: scheme, label: scheme })) },
    })
    .addBooleanSwitch({ path: 'color.reverse', name: 'Reverse', category: ['Colors'], defaultValue: false })
    .addSliderInput({
      path: 'color.exponent',
      name: 'Exponent',
      category: ['Colors'],
      defaultValue: 0.5,
      settings: { min: 0.1, max: 2, step: 0.1 },
    })
    .addUnitPicker({ path: 'yAxis.unit', name: 'Unit', category: ['Y axis'] })
    .addNumberInput({ path: 'yAxis.decimals', name: 'Decimals', category: ['Y axis'] });
});
