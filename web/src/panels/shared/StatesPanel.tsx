// Coloured cells in rows over time. The state timeline joins equal neighbours, the status history keeps each cell.
import { dateTimeFormat, type PanelProps } from '@grafana/data';
import type { VizLegendOptions } from '@grafana/schema';
import { useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { useHover } from './Hover';
import { WithLegend } from './Legend';
import { NoData } from './NoData';
import { legendOf, type StateSpan, toStates } from './states';
import { TimeFrame } from './TimeFrame';

export interface StatesOptions {
  showValue: 'auto' | 'always' | 'never';
  rowHeight: number;
  mergeValues?: boolean;
  legend: VizLegendOptions;
}

const CHARACTER = 6.4;

export function StatesPanel({ joined, ...props }: PanelProps<StatesOptions> & { joined: boolean }) {
  const { data, options, width, height, timeRange, timeZone } = props;
  const theme = useTheme2();
  const { show, hide, tooltip } = useHover();
  const rows = useMemo(
    () => toStates(data.series, timeRange, joined && options.mergeValues !== false),
    [data.series, timeRange, joined, options.mergeValues],
  );
  if (rows.every((row) => row.spans.length === 0)) {
    return <NoData />;
  }
  const time = (at: number) => dateTimeFormat(at, { timeZone });
  const fits = (span: StateSpan, room: number) =>
    options.showValue === 'always' ||
    (options.showValue !== 'never' && span.text.length * CHARACTER + 6 < room);
  return (
    <WithLegend width={width} height={height} legend={options.legend} items={legendOf(rows)}>
      {(innerWidth, innerHeight) => (
        <>
          <TimeFrame
            width={innerWidth}
            height={innerHeight}
            range={timeRange}
            timeZone={timeZone}
            rows={rows.map((row) => row.name)}
            label={rows.map((row) => `${row.name}: ${row.spans.at(-1)?.text ?? ''}`).join(', ')}
          >
            {({ left, width: areaWidth, height: areaHeight, x }) => {
              const rowHeight = areaHeight / rows.length;
              const thick = rowHeight * (options.rowHeight ?? 0.9);
              return rows.flatMap((row, index) =>
                row.spans.map((span) => {
                  const start = Math.max(left, x(span.from));
                  const size = Math.max(1, Math.min(left + areaWidth, x(span.to)) - start - 1);
                  const top = index * rowHeight + (rowHeight - thick) / 2;
                  return (
                    <g
                      key={`${row.name} ${span.from}`}
                      onMouseMove={(event) =>
                        show(event, `${time(span.from)} – ${time(span.to)}`, [
                          { label: row.name, value: span.text, color: span.color },
                        ])
                      }
                      onMouseLeave={hide}
                    >
                      <rect x={start} y={top} width={size} height={thick} rx={1.5} fill={span.color} />
                      {fits(span, size) && thick > 12 && (
                        <text
                          x={start + 4}
                          y={top + thick / 2 + 4}
                          fontSize={11}
                          pointerEvents="none"
                          fill={theme.colors.getContrastText(span.color)}
                        >
                          {span.text}
                        </text>
                      )}
                    </g>
                  );
                }),
              );
            }}
          </TimeFrame>
          {tooltip}
        </>
      )}
    </WithLegend>
  );
}
