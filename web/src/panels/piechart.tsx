// Shares of a whole, as a pie or a ring.

import { type FieldDisplay, formattedValueToString, type PanelProps } from '@grafana/data';
import type { LegendDisplayMode, LegendPlacement } from '@grafana/schema';
import {
  commonOptionsBuilder,
  Tooltip,
  useTheme2,
  VizLayout,
  VizLegend,
  type VizLegendItem,
} from '@grafana/ui';
import { arc, type PieArcDatum, pie } from 'd3-shape';
import { useState } from 'react';
import { NoData } from './shared/NoData';
import { addReduceOptions, choices } from './shared/options';
import { panelWithFields } from './shared/panelWithFields';
import { type SingleValueOptions, useFieldValues } from './shared/values';

interface PieOptions extends SingleValueOptions {
  pieType: 'pie' | 'donut';
  displayLabels: ('name' | 'value' | 'percent')[];
  legend: {
    showLegend: boolean;
    displayMode: LegendDisplayMode;
    placement: LegendPlacement;
    values?: ('value' | 'percent')[];
  };
}

function PiePanel(props: PanelProps<PieOptions>) {
  const { options, width, height } = props;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const all = useFieldValues(props).filter((value) => value.display.numeric > 0);
  const values = all.filter((value) => !hidden.has(value.display.title ?? ''));
  if (all.length === 0) {
    return <NoData />;
  }
  const total = values.reduce((sum, value) => sum + value.display.numeric, 0);
  const legend = options.legend;
  const toggle = ({ label }: VizLegendItem) =>
    setHidden((before) => {
      const after = new Set(before);
      if (!after.delete(label)) {
        after.add(label);
      }
      return after;
    });
  const items = all.map((value): VizLegendItem => {
    const share = total > 0 ? value.display.numeric / total : 0;
    return {
      label: value.display.title ?? '',
      color: value.display.color,
      yAxis: 1,
      disabled: hidden.has(value.display.title ?? ''),
      getDisplayValues: () =>
        (legend.values ?? []).map((kind) =>
          kind === 'percent'
            ? { numeric: share, title: '%', text: `${(share * 100).toFixed(0)}%` }
            : { ...value.display, title: 'Value' },
        ),
    };
  });
  return (
    <VizLayout
      width={width}
      height={height}
      legend={
        legend.showLegend === false ? null : (
          <VizLayout.Legend placement={legend.placement} maxWidth="45%" maxHeight="35%">
            <VizLegend
              items={items}
              placement={legend.placement}
              displayMode={legend.displayMode}
              onLabelClick={toggle}
            />
          </VizLayout.Legend>
        )
      }
    >
      {(pieWidth, pieHeight) => (
        <Slices values={values} width={pieWidth} height={pieHeight} options={options} total={total} />
      )}
    </VizLayout>
  );
}

interface SlicesProps {
  values: FieldDisplay[];
  width: number;
  height: number;
  options: PieOptions;
  total: number;
}

function Slices({ values, width, height, options, total }: SlicesProps) {
  const theme = useTheme2();
  const radius = Math.max(10, Math.min(width, height) / 2 - 6);
  const draw = arc<PieArcDatum<FieldDisplay>>()
    .innerRadius(options.pieType === 'donut' ? radius * 0.6 : 0)
    .outerRadius(radius);
  const slices = pie<FieldDisplay>().value((value) => value.display.numeric)(values);
  return (
    <svg width={width} height={height} role="img" aria-label={values.map(describe).join(', ')}>
      <g transform={`translate(${width / 2},${height / 2})`}>
        {slices.map((slice) => {
          const { display } = slice.data;
          const [x, y] = draw.centroid(slice);
          const label = labelOf(slice.data, total, options.displayLabels);
          return (
            <g key={display.title}>
              <Tooltip content={`${describe(slice.data)} (${percent(display.numeric, total)})`}>
                <path
                  d={draw(slice) ?? ''}
                  fill={display.color}
                  stroke={theme.colors.background.primary}
                  strokeWidth={1.5}
                />
              </Tooltip>
              {label && slice.endAngle - slice.startAngle > 0.3 && (
                <text
                  x={x}
                  y={y}
                  textAnchor="middle"
                  fontSize={11}
                  pointerEvents="none"
                  fill={theme.colors.getContrastText(display.color ?? '#000')}
                >
                  {label}
                </text>
              )}
            </g>
          );
        })}
      </g>
    </svg>
  );
}

function describe(value: FieldDisplay): string {
  return `${value.display.title ?? ''}: ${formattedValueToString(value.display)}`;
}

function percent(value: number, total: number): string {
  return `${((value / (total || 1)) * 100).toFixed(0)}%`;
}

function labelOf(value: FieldDisplay, total: number, wanted: PieOptions['displayLabels'] = []): string {
  return wanted
    .map((kind) =>
      kind === 'name'
        ? (value.display.title ?? '')
        : kind === 'value'
          ? formattedValueToString(value.display)
          : percent(value.display.numeric, total),
    )
    .join(' ');
}

export const plugin = panelWithFields<PieOptions>(PiePanel, {
  standardOptions: { color: { defaultValue: { mode: 'palette-classic' } } } as never,
}).setPanelOptions((builder) => {
  addReduceOptions(builder, { orientation: false });
  builder
    .addRadio({
      path: 'pieType',
      name: 'Type',
      category: ['Pie chart'],
      defaultValue: 'pie',
      settings: choices(['pie', 'Pie'], ['donut', 'Donut']),
    })
    .addMultiSelect({
      path: 'displayLabels',
      name: 'Labels',
      category: ['Pie chart'],
      defaultValue: [] as never[],
      settings: choices(
        ['percent' as never, 'Percent'],
        ['name' as never, 'Name'],
        ['value' as never, 'Value'],
      ),
    })
    .addMultiSelect({
      path: 'legend.values',
      name: 'Legend values',
      category: ['Legend'],
      defaultValue: [] as never[],
      settings: choices(['percent' as never, 'Percent'], ['value' as never, 'Value']),
    });
  commonOptionsBuilder.addLegendOptions(builder as never, false);
});
