// A bar for each value.

import { getDisplayValueAlignmentFactors, type PanelProps } from '@grafana/data';
import { BarGaugeDisplayMode, BarGaugeNamePlacement, BarGaugeValueMode } from '@grafana/schema';
import { BarGauge, useTheme2, VizRepeater } from '@grafana/ui';
import { NoData } from './shared/NoData';
import { addReduceOptions, choices } from './shared/options';
import { panelWithFields } from './shared/panelWithFields';
import { orientationOf, type SingleValueOptions, useFieldValues } from './shared/values';
import { WithLinks } from './shared/WithLinks';

interface BarGaugeOptions extends SingleValueOptions {
  displayMode: BarGaugeDisplayMode;
  valueMode: BarGaugeValueMode;
  namePlacement: BarGaugeNamePlacement;
  showUnfilled: boolean;
  text?: { titleSize?: number; valueSize?: number };
}

function BarGaugePanel(props: PanelProps<BarGaugeOptions>) {
  const theme = useTheme2();
  const { options, width, height, renderCounter, data } = props;
  const values = useFieldValues(props);
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
      minVizHeight={14}
      itemSpacing={6}
      renderCounter={renderCounter}
      orientation={orientationOf(options, width, height)}
      renderValue={({ value, width: valueWidth, height: valueHeight, orientation, alignmentFactors }) => (
        <WithLinks value={value} style={{ height: '100%' }}>
          {(onClick, className) => (
            <BarGauge
              value={value.display}
              field={value.field}
              display={
                value.view && value.colIndex !== undefined
                  ? value.view.getFieldDisplayProcessor(value.colIndex)
                  : undefined
              }
              text={options.text}
              width={valueWidth}
              height={valueHeight}
              orientation={orientation}
              theme={theme}
              itemSpacing={6}
              lcdCellWidth={8}
              displayMode={options.displayMode}
              valueDisplayMode={options.valueMode}
              namePlacement={options.namePlacement}
              showUnfilled={options.showUnfilled}
              alignmentFactors={alignmentFactors}
              onClick={onClick}
              className={className}
            />
          )}
        </WithLinks>
      )}
    />
  );
}

export const plugin = panelWithFields<BarGaugeOptions>(BarGaugePanel).setPanelOptions((builder) => {
  addReduceOptions(builder);
  const category = ['Bar gauge'];
  builder
    .addRadio({
      path: 'displayMode',
      name: 'Display mode',
      category,
      defaultValue: BarGaugeDisplayMode.Gradient,
      settings: choices(
        [BarGaugeDisplayMode.Gradient, 'Gradient'],
        [BarGaugeDisplayMode.Lcd, 'Retro LCD'],
        [BarGaugeDisplayMode.Basic, 'Basic'],
      ),
    })
    .addRadio({
      path: 'valueMode',
      name: 'Value display',
      category,
      defaultValue: BarGaugeValueMode.Color,
      settings: choices(
        [BarGaugeValueMode.Color, 'Value color'],
        [BarGaugeValueMode.Text, 'Text color'],
        [BarGaugeValueMode.Hidden, 'Hidden'],
      ),
    })
    .addRadio({
      path: 'namePlacement',
      name: 'Name placement',
      category,
      defaultValue: BarGaugeNamePlacement.Auto,
      settings: choices(
        [BarGaugeNamePlacement.Auto, 'Auto'],
        [BarGaugeNamePlacement.Top, 'Top'],
        [BarGaugeNamePlacement.Left, 'Left'],
        [BarGaugeNamePlacement.Hidden, 'Hidden'],
      ),
    })
    .addBooleanSwitch({ path: 'showUnfilled', name: 'Show unfilled area', category, defaultValue: true });
});
