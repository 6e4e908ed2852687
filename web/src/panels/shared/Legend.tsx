// Layout of a drawing of our own beside its legend.
import { LegendDisplayMode, type VizLegendOptions } from '@grafana/schema';
import { VizLayout, VizLegend, type VizLegendItem } from '@grafana/ui';
import type { ReactNode } from 'react';

export interface WithLegendProps {
  width: number;
  height: number;
  legend: VizLegendOptions | undefined;
  items: { label: string; color: string }[];
  children: (width: number, height: number) => ReactNode;
}

export function WithLegend({ width, height, legend, items, children }: WithLegendProps) {
  const shown =
    legend?.showLegend !== false && legend?.displayMode !== LegendDisplayMode.Hidden && items.length > 0;
  const placement = legend?.placement ?? 'bottom';
  return (
    <VizLayout
      width={width}
      height={height}
      legend={
        shown ? (
          <VizLayout.Legend placement={placement} maxWidth="35%" maxHeight="35%">
            <VizLegend
              placement={placement}
              displayMode={legend?.displayMode ?? LegendDisplayMode.List}
              items={items.map((item): VizLegendItem => ({ ...item, yAxis: 1 }))}
            />
          </VizLayout.Legend>
        ) : null
      }
    >
      {(innerWidth, innerHeight) => children(innerWidth, innerHeight)}
    </VizLayout>
  );
}
