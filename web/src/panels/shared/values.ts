// Single values out of frames, for the panels that show one figure for each series or row.
import {
  type FieldDisplay,
  getFieldDisplayValues,
  type PanelProps,
  type ReduceDataOptions,
} from '@grafana/data';
import { VizOrientation } from '@grafana/schema';
import { useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';

export interface SingleValueOptions {
  reduceOptions: ReduceDataOptions;
  orientation: VizOrientation;
}

export const REDUCE_DEFAULTS: ReduceDataOptions = { calcs: ['lastNotNull'], values: false, fields: '' };

export function useFieldValues<Options extends SingleValueOptions>(
  props: PanelProps<Options>,
  sparkline = false,
): FieldDisplay[] {
  const theme = useTheme2();
  const { data, options, fieldConfig, replaceVariables, timeZone } = props;
  return useMemo(
    () =>
      getFieldDisplayValues({
        fieldConfig,
        reduceOptions: { ...REDUCE_DEFAULTS, ...options.reduceOptions },
        replaceVariables,
        theme,
        data: data.series,
        sparkline,
        timeZone,
      }),
    [data, options.reduceOptions, fieldConfig, replaceVariables, timeZone, theme, sparkline],
  );
}

export function orientationOf(options: SingleValueOptions, width: number, height: number): VizOrientation {
  return options.orientation === VizOrientation.Auto || !options.orientation
    ? width > height * 1.5
      ? VizOrientation.Vertical
      : VizOrientation.Horizontal
    : options.orientation;
}
