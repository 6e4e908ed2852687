// How often values of each size occur.

import {
  buildHistogram,
  FieldColorModeId,
  FieldType,
  formattedValueToString,
  getDisplayProcessor,
  getFieldDisplayName,
  getFieldSeriesColor,
  histogramFieldsToFrame,
  type PanelProps,
} from '@grafana/data';
import { StackingMode, type VizLegendOptions } from '@grafana/schema';
import { commonOptionsBuilder, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { BarsDrawing } from './shared/BarsDrawing';
import { WithLegend } from './shared/Legend';
import { NoData } from './shared/NoData';
import { panelWithFields } from './shared/panelWithFields';

interface HistogramOptions {
  bucketCount?: number;
  bucketSize?: number;
  bucketOffset?: number;
  combine?: boolean;
  legend: VizLegendOptions;
}

function HistogramPanel({ data, options, width, height }: PanelProps<HistogramOptions>) {
  const theme = useTheme2();
  const frame = useMemo(() => {
    const { bucketCount, bucketSize, bucketOffset, combine } = options;
    const numeric = data.series.filter((one) => one.fields.some((field) => field.type === FieldType.number));
    const buckets =
      numeric.length > 0 &&
      buildHistogram(numeric, { bucketCount, bucketSize, bucketOffset, combine }, theme);
    return buckets ? histogramFieldsToFrame(buckets, theme) : undefined;
  }, [data.series, options, theme]);
  const [from, to, ...counts] = frame?.fields ?? [];
  if (!frame || !from || !to || counts.length === 0 || frame.length === 0) {
    return <NoData />;
  }
  const display = from.display ?? getDisplayProcessor({ field: from, theme });
  const edge = (value: number) => formattedValueToString(display(value));
  const names = from.values.map((value: number, row: number) => `${edge(value)} – ${edge(to.values[row])}`);
  const series = counts.map((field) => ({
    name: getFieldDisplayName(field, frame),
    color: getFieldSeriesColor(field, theme).color,
    values: field.values as number[],
    text: (value: number) => String(Math.round(value * 100) / 100),
  }));
  return (
    <WithLegend
      width={width}
      height={height}
      legend={options.legend}
      items={series.map(({ name, color }) => ({ label: name, color }))}
    >
      {(innerWidth, innerHeight) => (
        <BarsDrawing
          dense
          names={names}
          series={series}
          width={innerWidth}
          height={innerHeight}
          horizontal={false}
          stacking={StackingMode.None}
        />
      )}
    </WithLegend>
  );
}

export const plugin = panelWithFields<HistogramOptions>(HistogramPanel, {
  standardOptions: { color: { defaultValue: { mode: FieldColorModeId.PaletteClassic } } } as never,
}).setPanelOptions((builder) => {
  const category = ['Histogram'];
  builder
    .addNumberInput({
      path: 'bucketCount',
      name: 'Bucket count',
      category,
      settings: { placeholder: '30', min: 1 },
    })
    .addNumberInput({
      path: 'bucketSize',
      name: 'Bucket size',
      category,
      settings: { placeholder: 'Auto', min: 0 },
    })
    .addNumberInput({ path: 'bucketOffset', name: 'Bucket offset', category, defaultValue: 0 })
    .addBooleanSwitch({ path: 'combine', name: 'Combine series', category, defaultValue: false });
  commonOptionsBuilder.addLegendOptions(builder as never, false);
});
