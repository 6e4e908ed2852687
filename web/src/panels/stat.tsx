// One large figure for each series, with its course behind it.

import { getDisplayValueAlignmentFactors, type PanelProps } from '@grafana/data';
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  type PercentChangeColorMode,
} from '@grafana/schema';
import { BigValue, commonOptionsBuilder, useTheme2, VizRepeater } from '@grafana/ui';
import { NoData } from './shared/NoData';
import { addReduceOptions, choices } from './shared/options';
import { panelWithFields } from './shared/panelWithFields';
import { orientationOf, type SingleValueOptions, useFieldValues } from './shared/values';
import { WithLinks } from './shared/WithLinks';

interface StatOptions extends SingleValueOptions {
  graphMode: BigValueGraphMode;
  colorMode: BigValueColorMode;
  justifyMode: BigValueJustifyMode;
  textMode: BigValueTextMode;
  showPercentChange?: boolean;
  percentChangeColorMode?: PercentChangeColorMode;
  text?: { titleSize?: number; valueSize?: number };
}

function StatPanel(props: PanelProps<StatOptions>) {
  const theme = useTheme2();
  const { options, width, height, renderCounter, data } = props;
  const values = useFieldValues(props, options.graphMode !== BigValueGraphMode.None);
  if (values.length === 0) {
    return <NoData />;
  }
  return (
    <VizRepeater
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      source={data}
      width={width}
      height={height}
      renderCounter={renderCounter}
      autoGrid
      orientation={orientationOf(options, width, height)}
      renderValue={({ value, width: valueWidth, height: valueHeight, count, alignmentFactors }) => (
        <WithLinks value={value} style={{ flexGrow: 1 }}>
          {(onClick, className) => (
            <BigValue
              value={value.display}
              count={count}
              sparkline={value.sparkline}
              colorMode={options.colorMode}
              graphMode={options.graphMode}
              justifyMode={options.justifyMode}
              textMode={titleMode(options.textMode, values.length, value.display.title)}
              alignmentFactors={alignmentFactors}
              text={options.text}
              percentChangeColorMode={options.percentChangeColorMode}
              width={valueWidth}
              height={valueHeight}
              theme={theme}
              onClick={onClick}
              className={className}
            />
          )}
        </WithLinks>
      )}
    />
  );
}

/** A single series needs no name beside its figure, unless the reader asks for it. */
function titleMode(mode: BigValueTextMode, count: number, title: string | undefined): BigValueTextMode {
  return mode === BigValueTextMode.Auto && (count === 1 || !title) ? BigValueTextMode.Value : mode;
}

export const plugin = panelWithFields<StatOptions>(StatPanel).setPanelOptions((builder) => {
  addReduceOptions(builder);
  commonOptionsBuilder.addTextSizeOptions(builder, { withTitle: true, withValue: true } as never);
  const category = ['Stat styles'];
  builder
    .addSelect({
      path: 'textMode',
      name: 'Text mode',
      category,
      defaultValue: BigValueTextMode.Auto,
      settings: choices(
        [BigValueTextMode.Auto, 'Auto'],
        [BigValueTextMode.Value, 'Value'],
        [BigValueTextMode.ValueAndName, 'Value and name'],
        [BigValueTextMode.Name, 'Name'],
        [BigValueTextMode.None, 'None'],
      ),
    })
    .addRadio({
      path: 'colorMode',
      name: 'Color mode',
      category,
      defaultValue: BigValueColorMode.Value,
      settings: choices(
        [BigValueColorMode.None, 'None'],
        [BigValueColorMode.Value, 'Value'],
        [BigValueColorMode.Background, 'Background'],
      ),
    })
    .addRadio({
      path: 'graphMode',
      name: 'Graph mode',
      category,
      defaultValue: BigValueGraphMode.Area,
      settings: choices([BigValueGraphMode.None, 'None'], [BigValueGraphMode.Area, 'Area']),
    })
    .addRadio({
      path: 'justifyMode',
      name: 'Text alignment',
      category,
      defaultValue: BigValueJustifyMode.Auto,
      settings: choices([BigValueJustifyMode.Auto, 'Auto'], [BigValueJustifyMode.Center, 'Center']),
    });
});
