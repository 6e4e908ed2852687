// Lines over time, drawn by @grafana/ui. Its `TimeSeries` is deprecated without a successor on npm: all uses go
// through this file.
import { css } from '@emotion/css';
import {
  type AbsoluteTimeRange,
  type DataFrame,
  dateTime,
  FieldColorModeId,
  FieldType,
  formattedValueToString,
  type GrafanaTheme2,
  getDisplayProcessor,
  type TimeRange,
} from '@grafana/data';
import {
  BarAlignment,
  GraphDrawStyle,
  type GraphFieldConfig,
  GraphGradientMode,
  LegendDisplayMode,
  StackingMode,
  VisibilityMode,
} from '@grafana/schema';
import {
  TimeSeries,
  TooltipPlugin2,
  useTheme2,
  VizTooltipColorIndicator,
  VizTooltipContent,
  VizTooltipHeader,
  VizTooltipWrapper,
} from '@grafana/ui';
import { useMemo } from 'react';
import { useLocale } from '../i18n/context';
import type { AbsoluteRange } from '../lib/timeRange';
import { useElementSize } from '../lib/useElementSize';

export interface ChartSeries {
  name: string;
  color: string;
  values: (number | null)[];
}

export interface TimeSeriesChartProps {
  times: number[];
  series: readonly ChartSeries[];
  range: AbsoluteRange;
  /** A unit id of @grafana/data. */
  unit: string;
  height: number;
  /** Bars stand on each other: for things that happen now and then. */
  look: 'lines' | 'bars';
  onZoom: (range: AbsoluteTimeRange) => void;
}

/** Hovering shows all series of a moment at once. */
const HOVER_ALL_SERIES = 1;

export function TimeSeriesChart({ times, series, range, unit, height, look, onZoom }: TimeSeriesChartProps) {
  const theme = useTheme2();
  const { format, timeZone } = useLocale();
  const [reference, { width }] = useElementSize();
  const frame = useMemo(
    () => toFrame({ times, series, unit, look }, theme),
    [times, series, unit, look, theme],
  );
  const timeRange = useMemo(() => toTimeRange(range), [range]);
  return (
    <div ref={reference} className={BOX} style={{ height }}>
      {width > 0 && (
        <TimeSeries
          frames={[frame]}
          timeRange={timeRange}
          timeZone={timeZone}
          width={width}
          height={height}
          legend={{ showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] }}
        >
          {(config, aligned) => (
            <TooltipPlugin2
              config={config}
              hoverMode={HOVER_ALL_SERIES}
              clientZoom
              queryZoom={onZoom}
              render={(_, indexes) => {
                const index = indexes.find((candidate) => candidate != null);
                return index == null ? null : (
                  <Tooltip
                    frame={aligned}
                    index={index}
                    time={format.dateTime(Number(aligned.fields[0]?.values[index]))}
                  />
                );
              }}
            />
          )}
        </TimeSeries>
      )}
    </div>
  );
}

function Tooltip({ frame, index, time }: { frame: DataFrame; index: number; time: string }) {
  const items = frame.fields.slice(1).map((field) => {
    const value: unknown = field.values[index];
    return {
      label: field.config.displayName ?? field.name,
      value: field.display && value != null ? formattedValueToString(field.display(value)) : '–',
      color: field.config.color?.fixedColor,
      colorIndicator: VizTooltipColorIndicator.series,
    };
  });
  return (
    <VizTooltipWrapper>
      <VizTooltipHeader item={{ label: '', value: time }} isPinned={false} />
      <VizTooltipContent items={items} isPinned={false} />
    </VizTooltipWrapper>
  );
}

function toFrame(
  { times, series, unit, look }: Pick<TimeSeriesChartProps, 'times' | 'series' | 'unit' | 'look'>,
  theme: GrafanaTheme2,
): DataFrame {
  const custom = look === 'bars' ? BARS : LINES;
  const fields = series.map(({ name, color, values }) => {
    const field = {
      name,
      type: FieldType.number,
      values,
      config: {
        displayName: name,
        unit,
        min: 0,
        custom,
        color: { mode: FieldColorModeId.Fixed, fixedColor: color },
      },
      state: { displayName: name },
    };
    return { ...field, display: getDisplayProcessor({ field, theme }) };
  });
  const timeField = { name: 'time', type: FieldType.time, values: times, config: { custom: {} } };
  return {
    length: times.length,
    fields: [{ ...timeField, display: getDisplayProcessor({ field: timeField, theme }) }, ...fields],
  };
}

const COMMON: GraphFieldConfig = {
  showPoints: VisibilityMode.Never,
  spanNulls: false,
  axisSoftMin: 0,
  axisBorderShow: false,
};

const LINES: GraphFieldConfig = {
  ...COMMON,
  drawStyle: GraphDrawStyle.Line,
  lineWidth: 1.5,
  fillOpacity: 18,
  gradientMode: GraphGradientMode.Opacity,
  stacking: { mode: StackingMode.None, group: 'A' },
};

const BARS: GraphFieldConfig = {
  ...COMMON,
  drawStyle: GraphDrawStyle.Bars,
  lineWidth: 0,
  fillOpacity: 80,
  barAlignment: BarAlignment.After,
  stacking: { mode: StackingMode.Normal, group: 'A' },
};

function toTimeRange({ fromMs, toMs }: AbsoluteRange): TimeRange {
  const from = dateTime(fromMs);
  const to = dateTime(toMs);
  return { from, to, raw: { from, to } };
}

const BOX = css({ width: '100%', overflow: 'hidden' });
