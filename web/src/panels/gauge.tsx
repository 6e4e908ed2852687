// A dial for each value. @grafana/ui exports none any more.

import { type FieldDisplay, formattedValueToString, type PanelProps, ThresholdsMode } from '@grafana/data';
import { useTheme2, VizRepeater } from '@grafana/ui';
import { arc } from 'd3-shape';
import { NoData } from './shared/NoData';
import { addReduceOptions } from './shared/options';
import { panelWithFields } from './shared/panelWithFields';
import { orientationOf, type SingleValueOptions, useFieldValues } from './shared/values';

interface GaugeOptions extends SingleValueOptions {
  showThresholdMarkers: boolean;
  showThresholdLabels: boolean;
}

const START = -Math.PI * 0.65;
const SWEEP = Math.PI * 1.3;
const TITLE_HEIGHT = 22;

function GaugePanel(props: PanelProps<GaugeOptions>) {
  const { options, width, height, renderCounter, data } = props;
  const values = useFieldValues(props);
  if (values.length === 0) {
    return <NoData />;
  }
  return (
    <VizRepeater
      getValues={() => values}
      source={data}
      width={width}
      height={height}
      minVizWidth={75}
      minVizHeight={75}
      autoGrid
      renderCounter={renderCounter}
      orientation={orientationOf(options, width, height)}
      renderValue={({ value, width: valueWidth, height: valueHeight }) => (
        <Dial
          value={value}
          width={valueWidth}
          height={valueHeight}
          options={options}
          single={values.length === 1}
        />
      )}
    />
  );
}

interface DialProps {
  value: FieldDisplay;
  width: number;
  height: number;
  options: GaugeOptions;
  single: boolean;
}

function ring(inner: number, outer: number, from: number, to: number): string {
  const draw = arc<unknown>()
    .innerRadius(Math.max(0, inner))
    .outerRadius(Math.max(0, outer))
    .startAngle(START + SWEEP * from)
    .endAngle(START + SWEEP * to);
  return draw(null) ?? '';
}

function Dial({ value, width, height, options, single }: DialProps) {
  const theme = useTheme2();
  const { display, field } = value;
  const min = field.min ?? 0;
  const max = field.max ?? 100;
  const shareOf = (number: number) => Math.min(1, Math.max(0, (number - min) / (max - min || 1)));
  const title = single ? '' : (display.title ?? '');
  const room = height - (title ? TITLE_HEIGHT : 0);
  const radius = Math.max(10, Math.min(width / 2, room / (1 + Math.cos(Math.PI - SWEEP / 2))) - 4);
  const thickness = radius * 0.2;
  const text = formattedValueToString(display);
  const fontSize = Math.min(radius * 0.45, (radius * 2.2) / Math.max(3, text.length));
  const steps = field.thresholds?.steps ?? [];
  const percentage = field.thresholds?.mode === ThresholdsMode.Percentage;
  const stepShare = (at: number) => {
    const start = steps[at]?.value ?? 0;
    return at === 0 ? 0 : percentage ? Math.min(1, Math.max(0, start / 100)) : shareOf(start);
  };
  return (
    <div style={{ width, height, textAlign: 'center' }}>
      <svg width={width} height={room} role="img" aria-label={`${display.title ?? ''} ${text}`.trim()}>
        <g transform={`translate(${width / 2},${radius + 4})`}>
          <path d={ring(radius - thickness - 5, radius - 5, 0, 1)} fill={theme.colors.background.secondary} />
          <path
            d={ring(radius - thickness - 5, radius - 5, 0, shareOf(display.numeric))}
            fill={display.color}
          />
          {options.showThresholdMarkers &&
            steps.map((step, index) => (
              <path
                key={`${step.value} ${step.color}`}
                d={ring(
                  radius - 3,
                  radius,
                  stepShare(index),
                  index + 1 < steps.length ? stepShare(index + 1) : 1,
                )}
                fill={theme.visualization.getColorByName(step.color)}
              />
            ))}
          <text
            textAnchor="middle"
            dominantBaseline="middle"
            y={radius * 0.05}
            fontSize={fontSize}
            fontWeight={500}
            fill={display.color}
          >
            {text}
          </text>
        </g>
      </svg>
      {title && <div>{title}</div>}
    </div>
  );
}

export const plugin = panelWithFields<GaugeOptions>(GaugePanel).setPanelOptions((builder) => {
  addReduceOptions(builder);
  const category = ['Gauge'];
  builder
    .addBooleanSwitch({
      path: 'showThresholdMarkers',
      name: 'Show threshold markers',
      category,
      defaultValue: true,
    })
    .addBooleanSwitch({
      path: 'showThresholdLabels',
      name: 'Show threshold labels',
      category,
      defaultValue: false,
    });
});
