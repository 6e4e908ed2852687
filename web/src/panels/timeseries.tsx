// Values over time, drawn by @grafana/ui: lines, bars or points, with annotations, thresholds and a shared crosshair.

import {
  type DataFrame,
  dateTimeFormat,
  FieldColorModeId,
  type FieldConfigEditorBuilder,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  getFieldSeriesColor,
  type LinkModel,
  type PanelProps,
} from '@grafana/data';
import {
  DashboardCursorSync,
  GraphDrawStyle,
  type GraphFieldConfig,
  GraphGradientMode,
  GraphThresholdsStyleMode,
  LineInterpolation,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  type VizLegendOptions,
  type VizTooltipOptions,
} from '@grafana/schema';
import {
  commonOptionsBuilder,
  TimeSeries,
  TooltipPlugin2,
  usePanelContext,
  useTheme2,
  VizTooltipColorIndicator,
  VizTooltipContent,
  VizTooltipFooter,
  VizTooltipHeader,
  VizTooltipWrapper,
} from '@grafana/ui';
import { useMemo } from 'react';
import { AnnotationMarks, annotationsAt, toMarks } from './shared/AnnotationMarks';
import { NoData } from './shared/NoData';
import { choices } from './shared/options';
import { panelWithFields } from './shared/panelWithFields';
import { toTimeSeries } from './shared/toTimeSeries';

export interface TimeSeriesOptions {
  legend: VizLegendOptions;
  tooltip: VizTooltipOptions;
}

const HOVER_ONE = 0;
const HOVER_ALL = 1;

function TimeSeriesPanel(props: PanelProps<TimeSeriesOptions>) {
  const { data, width, height, timeRange, timeZone, options, onChangeTimeRange } = props;
  const { sync } = usePanelContext();
  const frames = useMemo(() => toTimeSeries(data.series), [data.series]);
  const marks = useMemo(() => toMarks(data.annotations), [data.annotations]);
  const mode = options.tooltip?.mode ?? TooltipDisplayMode.Single;
  if (frames.length === 0) {
    return <NoData />;
  }
  return (
    <TimeSeries
      frames={frames}
      structureRev={data.structureRev}
      timeRange={timeRange}
      timeZone={timeZone}
      width={width}
      height={height}
      legend={options.legend}
      options={options}
    >
      {(config, aligned) => (
        <>
          <AnnotationMarks config={config} marks={marks} />
          {mode !== TooltipDisplayMode.None && (
            <TooltipPlugin2
              config={config}
              hoverMode={mode === TooltipDisplayMode.Single ? HOVER_ONE : HOVER_ALL}
              queryZoom={onChangeTimeRange}
              clientZoom
              syncMode={sync?.() ?? DashboardCursorSync.Off}
              maxWidth={options.tooltip?.maxWidth}
              getDataLinks={(series, row) => linksOf(aligned, series, row)}
              render={(_plot, indexes, seriesIndex, isPinned, _dismiss, _range, _viaSync, links) => {
                const row = indexes[0] ?? indexes.find((index) => index != null);
                return row == null ? null : (
                  <Tooltip
                    aligned={aligned}
                    frames={frames}
                    row={row}
                    rows={indexes}
                    seriesIndex={seriesIndex}
                    options={options}
                    pinned={isPinned}
                    timeZone={timeZone}
                    links={links}
                    notes={annotationsAt(marks, Number(aligned.fields[0]?.values[row]), timeRange)}
                  />
                );
              }}
            />
          )}
        </>
      )}
    </TimeSeries>
  );
}

function linksOf(aligned: DataFrame, series: number, row: number): LinkModel[] {
  return aligned.fields[series]?.getLinks?.({ valueRowIndex: row }) ?? [];
}

interface TooltipProps {
  aligned: DataFrame;
  frames: DataFrame[];
  row: number;
  rows: (number | null)[];
  seriesIndex: number | null;
  options: TimeSeriesOptions;
  pinned: boolean;
  timeZone: string;
  links: LinkModel[];
  notes: string[];
}

function Tooltip(props: TooltipProps) {
  const theme = useTheme2();
  const { aligned, frames, row, rows, seriesIndex, options, pinned, timeZone, links, notes } = props;
  const single = options.tooltip?.mode === TooltipDisplayMode.Single;
  const items = aligned.fields.flatMap((field, index) => {
    const hidden = field.config.custom?.hideFrom?.tooltip || field.config.custom?.hideFrom?.viz;
    if (index === 0 || field.type !== FieldType.number || hidden || (single && index !== seriesIndex)) {
      return [];
    }
    const value: unknown = field.values[rows[index] ?? row];
    return [
      {
        label: getFieldDisplayName(field, aligned, frames),
        value: field.display && value != null ? formattedValueToString(field.display(value)) : '–',
        numeric: typeof value === 'number' ? value : Number.NEGATIVE_INFINITY,
        color: getFieldSeriesColor(field, theme).color,
        colorIndicator: VizTooltipColorIndicator.series,
        isActive: index === seriesIndex,
        lineStyle: field.config.custom?.lineStyle,
      },
    ];
  });
  const { sort } = options.tooltip ?? {};
  if (sort === SortOrder.Descending || sort === SortOrder.Ascending) {
    items.sort((left, right) => (left.numeric - right.numeric) * (sort === SortOrder.Ascending ? 1 : -1));
  }
  const time = dateTimeFormat(Number(aligned.fields[0]?.values[row]), { timeZone });
  return (
    <VizTooltipWrapper>
      <VizTooltipHeader item={{ label: '', value: time }} isPinned={pinned} />
      <VizTooltipContent items={items} isPinned={pinned} scrollable={!single}>
        {notes.map((note) => (
          <div key={note}>{note}</div>
        ))}
      </VizTooltipContent>
      {pinned && links.length > 0 && <VizTooltipFooter dataLinks={links as never} />}
    </VizTooltipWrapper>
  );
}

function addGraphFields(builder: FieldConfigEditorBuilder<GraphFieldConfig>): void {
  const category = ['Graph styles'];
  builder
    .addRadio({
      path: 'drawStyle',
      name: 'Style',
      category,
      defaultValue: GraphDrawStyle.Line,
      settings: choices(
        [GraphDrawStyle.Line, 'Lines'],
        [GraphDrawStyle.Bars, 'Bars'],
        [GraphDrawStyle.Points, 'Points'],
      ),
    })
    .addRadio({
      path: 'lineInterpolation',
      name: 'Line interpolation',
      category,
      defaultValue: LineInterpolation.Linear,
      settings: choices(
        [LineInterpolation.Linear, 'Linear'],
        [LineInterpolation.Smooth, 'Smooth'],
        [LineInterpolation.StepBefore, 'Step before'],
        [LineInterpolation.StepAfter, 'Step after'],
      ),
      showIf: (config) => config.drawStyle === GraphDrawStyle.Line,
    })
    .addSliderInput({
      path: 'lineWidth',
      name: 'Line width',
      category,
      defaultValue: 1,
      settings: { min: 0, max: 10, step: 1 },
    })
    .addSliderInput({
      path: 'fillOpacity',
      name: 'Fill opacity',
      category,
      defaultValue: 0,
      settings: { min: 0, max: 100, step: 1 },
    })
    .addRadio({
      path: 'gradientMode',
      name: 'Gradient mode',
      category,
      defaultValue: GraphGradientMode.None,
      settings: choices(
        [GraphGradientMode.None, 'None'],
        [GraphGradientMode.Opacity, 'Opacity'],
        [GraphGradientMode.Hue, 'Hue'],
        [GraphGradientMode.Scheme, 'Scheme'],
      ),
    })
    .addRadio({
      path: 'showPoints',
      name: 'Show points',
      category,
      defaultValue: VisibilityMode.Auto,
      settings: choices(
        [VisibilityMode.Auto, 'Auto'],
        [VisibilityMode.Always, 'Always'],
        [VisibilityMode.Never, 'Never'],
      ),
    })
    .addSliderInput({
      path: 'pointSize',
      name: 'Point size',
      category,
      defaultValue: 5,
      settings: { min: 1, max: 40, step: 1 },
    })
    .addRadio({
      path: 'spanNulls',
      name: 'Connect null values',
      category,
      defaultValue: false as never,
      settings: choices([false as never, 'Never'], [true as never, 'Always']),
    })
    .addRadio({
      path: 'stacking.mode',
      name: 'Stack series',
      category,
      defaultValue: StackingMode.None,
      settings: choices(
        [StackingMode.None, 'Off'],
        [StackingMode.Normal, 'Normal'],
        [StackingMode.Percent, '100%'],
      ),
    });
}

/** What dashboards set without an editor of ours: kept, applied, and changed in the panel's JSON. */
const PLAIN_FIELDS: [string, unknown][] = [
  ['lineStyle', undefined],
  ['barAlignment', 0],
  ['barWidthFactor', 0.6],
  ['insertNulls', false],
  ['transform', undefined],
  ['fillBelowTo', undefined],
  ['stacking.group', 'A'],
];

export function addPlainFields(
  builder: FieldConfigEditorBuilder<GraphFieldConfig>,
  fields = PLAIN_FIELDS,
): void {
  for (const [path, defaultValue] of fields) {
    builder.addCustomEditor({
      id: path,
      path: path as never,
      name: path,
      defaultValue: defaultValue as never,
      editor: () => null,
      override: () => null,
      process: (value: unknown) => value as never,
      shouldApply: () => true,
      hideFromDefaults: true,
      hideFromOverrides: true,
    } as never);
  }
}

export const plugin = panelWithFields<TimeSeriesOptions, GraphFieldConfig>(TimeSeriesPanel, {
  standardOptions: {
    color: {
      settings: { byValueSupport: true, bySeriesSupport: true, preferThresholdsMode: false },
      defaultValue: { mode: FieldColorModeId.PaletteClassic },
    },
  } as never,
  useCustomConfig: (builder) => {
    addGraphFields(builder);
    addPlainFields(builder);
    commonOptionsBuilder.addAxisConfig(builder, {});
    commonOptionsBuilder.addHideFrom(builder as never);
    builder.addRadio({
      path: 'thresholdsStyle.mode',
      name: 'Show thresholds',
      category: ['Thresholds'],
      defaultValue: GraphThresholdsStyleMode.Off,
      settings: choices(
        [GraphThresholdsStyleMode.Off, 'Off'],
        [GraphThresholdsStyleMode.Line, 'Lines'],
        [GraphThresholdsStyleMode.Dashed, 'Dashed lines'],
        [GraphThresholdsStyleMode.Area, 'Filled regions'],
        [GraphThresholdsStyleMode.DashedAndArea, 'Regions and dashes'],
        [GraphThresholdsStyleMode.LineAndArea, 'Regions and lines'],
      ),
    });
  },
}).setPanelOptions((builder) => {
  commonOptionsBuilder.addTooltipOptions(builder as never);
  commonOptionsBuilder.addLegendOptions(builder as never);
});
