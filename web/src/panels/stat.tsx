// One large figure for each series, with its course behind it.

import { getDisplayValueAlignmentFactors, type PanelProps } from '@grafana/data';
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  type PercentChangeColorMode,
} from '@grafana/schema';
import { BigValue, commonOptionsBuilder, DataLinksContextMenu, useTheme2, VizRepeater } from '@grafana/ui';
import { NoData } from './shared/NoData';
import { addReduceOptions } from './shared/options';
import { panelWithFields } from './shared/panelWithFields';
import { orientationOf, type SingleValueOptions, useFieldValues } from './shared/values';

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
      renderValue={({ value, width: valueWidth, height: valueHeight, count, alignmentFactors }) => {
        const big = (onClick?: React.MouseEventHandler<HTMLElement>, className?: string) => (
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
        );
        return value.hasLinks && value.getLinks ? (
          <DataLinksContextMenu links={value.getLinks} style={{ flexGrow: 1 }}>
            {({ openMenu, targetClassName }) => big(openMenu, targetClassName)}
          </DataLinksContextMenu>
        ) : (
          big()
        );
      }}
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
      settings: {
        options: [
          { value: BigValueTextMode.Auto, label: 'Auto' },
          { value: BigValueTextMode.Value, label: 'Value' },
          { value: BigValueTextMode.ValueAndName, label: 'Value and name' },
          { value: BigValueTextMode.Name, label: 'Name' },
          { value: BigValueTextMode.None, label: 'None' },
        ],
      },
    })
    .addRadio({
      path: 'colorMode',
      name: 'Color mode',
      category,
      defaultValue: BigValueColorMode.Value,
      settings: {
        options: [
          { value: BigValueColorMode.None, label: 'None' },
          { value: BigValueColorMode.Value, label: 'Value' },
          { value: BigValueColorMode.Background, label: 'Background' },
        ],
      },
    })
    .addRadio({
      path: 'graphMode',
      name: 'Graph mode',
      category,
      defaultValue: BigValueGraphMode.Area,
      settings: {
        options: [
          { value: BigValueGraphMode.None, label: 'None' },
          { value: BigValueGraphMode.Area, label: 'Area' },
        ],
      },
    })
    .addRadio({
      path: 'justifyMode',
      name: 'Text alignment',
      category,
      defaultValue: BigValueJustifyMode.Auto,
      settings: {
        options: [
          { value: BigValueJustifyMode.Auto, label: 'Auto' },
          { value: BigValueJustifyMode.Center, label: 'Center' },
        ],
      },
    });
});
