// A tooltip that follows the pointer over a drawing of our own.
import {
  VizTooltip,
  VizTooltipColorIndicator,
  VizTooltipContent,
  VizTooltipHeader,
  VizTooltipWrapper,
} from '@grafana/ui';
import { useState } from 'react';

export interface HoverItem {
  label: string;
  value: string;
  color?: string;
}

export interface HoverState {
  x: number;
  y: number;
  title: string;
  items: HoverItem[];
}

export function useHover() {
  const [hover, setHover] = useState<HoverState>();
  const show = (event: React.MouseEvent, title: string, items: HoverItem[]) =>
    setHover({ x: event.clientX, y: event.clientY, title, items });
  const hide = () => setHover(undefined);
  const tooltip = hover && (
    <VizTooltip
      position={{ x: hover.x, y: hover.y }}
      offset={{ x: 12, y: 12 }}
      content={
        <VizTooltipWrapper>
          <VizTooltipHeader item={{ label: '', value: hover.title }} isPinned={false} />
          <VizTooltipContent
            items={hover.items.map((item) => ({ ...item, colorIndicator: VizTooltipColorIndicator.value }))}
            isPinned={false}
          />
        </VizTooltipWrapper>
      }
    />
  );
  return { show, hide, tooltip };
}
