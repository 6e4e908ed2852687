// Bars for categories: the first text (or time) names them, each number is a series.

import {
  type DataFrame,
  dateTimeFormat,
  type Field,
  FieldColorModeId,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  getFieldSeriesColor,
  type PanelProps,
} from '@grafana/data';
import { StackingMode, type VizLegendOptions, VizOrientation } from '@grafana/schema';
import { commonOptionsBuilder, useTheme2 } from '@grafana/ui';
import { BarsDrawing } from './shared/BarsDrawing';
import { WithLegend } from './shared/Legend';
import { NoData } from './shared/NoData';
import { choices } from './shared/options';
import { panelWithFields } from './shared/panelWithFields';

interface BarChartOptions {
  xField?: string;
  orientation: VizOrientation;
  stacking: StackingMode;
  legend: VizLegendOptions;
}

function BarChartPanel({ data, options, width, height, timeZone }: PanelProps<BarChartOptions>) {
  const theme = useTheme2();
  const frame = data.series.find((candidate) => candidate.length > 0 && categoryOf(candidate, options));
  const category = frame && categoryOf(frame, options);
  if (!frame || !category) {
    return <NoData />;
  }
  const numbers = frame.fields.filter(
    (field) => field.type === FieldType.number && field !== category && !field.config.custom?.hideFrom?.viz,
  );
  const names = category.values.map((value: unknown) =>
    category.type === FieldType.time
      ? dateTimeFormat(Number(value), { timeZone, format: 'MM-DD HH:mm' })
      : category.display
        ? formattedValueToString(category.display(value))
        : String(value),
  );
  const series = numbers.map((field) => ({
    name: getFieldDisplayName(field, frame, data.series),
    color: getFieldSeriesColor(field, theme).color,
    values: field.values as number[],
    text: (value: number) => (field.display ? formattedValueToString(field.display(value)) : String(value)),
    // A scheme by value gives every bar its own colour.
    colorOf: (value: number) => colorOf(field, value),
  }));
  const horizontal =
    options.orientation === VizOrientation.Horizontal ||
    (options.orientation !== VizOrientation.Vertical && names.length * 50 > width);
  return (
    <WithLegend
      width={width}
      height={height}
      legend={options.legend}
      items={series.map(({ name, color }) => ({ label: name, color }))}
    >
      {(innerWidth, innerHeight) => (
        <BarsDrawing
          names={names}
          series={series}
          width={innerWidth}
          height={innerHeight}
          horizontal={horizontal}
          stacking={options.stacking}
        />
      )}
    </WithLegend>
  );
}

function categoryOf(frame: DataFrame, { xField }: BarChartOptions): Field | undefined {
  return (
    frame.fields.find(
      (field) => xField && (field.name === xField || getFieldDisplayName(field, frame) === xField),
    ) ??
    frame.fields.find((field) => field.type === FieldType.string) ??
    frame.fields.find((field) => field.type === FieldType.time)
  );
}

function colorOf(field: Field, value: number): string | undefined {
  const mode = field.config.color?.mode ?? '';
  const byValue = mode === FieldColorModeId.Thresholds || mode.startsWith('continuous');
  return byValue ? field.display?.(value).color : undefined;
}

export const plugin = panelWithFields<BarChartOptions>(BarChartPanel, {
  standardOptions: {
    color: { defaultValue: { mode: FieldColorModeId.PaletteClassic }, settings: { byValueSupport: true } },
  } as never,
  useCustomConfig: (builder) => commonOptionsBuilder.addHideFrom(builder as never),
}).setPanelOptions((builder) => {
  builder
    .addFieldNamePicker({ path: 'xField', name: 'X axis', category: ['Bar chart'] })
    .addRadio({
      path: 'orientation',
      name: 'Orientation',
      category: ['Bar chart'],
      defaultValue: VizOrientation.Auto,
      settings: choices(
        [VizOrientation.Auto, 'Auto'],
        [VizOrientation.Horizontal, 'Horizontal'],
        [VizOrientation.Vertical, 'Vertical'],
      ),
    })
    .addRadio({
      path: 'stacking',
      name: 'Stacking',
      category: ['Bar chart'],
      defaultValue: StackingMode.None,
      settings: choices(
        [StackingMode.None, 'Off'],
        [StackingMode.Normal, 'Normal'],
        [StackingMode.Percent, '100%'],
      ),
    });
  commonOptionsBuilder.addLegendOptions(builder as never, false);
});
