// Annotations on a chart over time: a dashed line for a moment, a shaded region for a span.
import type { DataFrame, TimeRange } from '@grafana/data';
import { type UPlotConfigBuilder, useTheme2 } from '@grafana/ui';
import { useEffect, useLayoutEffect, useRef } from 'react';
import type uPlot from 'uplot';

export interface Mark {
  from: number;
  to: number;
  color: string;
  text: string;
}

export function toMarks(frames: readonly DataFrame[] | undefined): Mark[] {
  return (frames ?? []).flatMap((frame) => {
    const column = (name: string) => frame.fields.find((field) => field.name === name)?.values;
    const times = column('time') ?? [];
    const ends = column('timeEnd');
    const colors = column('color');
    const texts = column('text');
    const titles = column('title');
    return times.map((from: number, row: number) => ({
      from,
      to: Number(ends?.[row] ?? from) || from,
      color: String(colors?.[row] ?? 'blue'),
      text: [titles?.[row], texts?.[row]].filter(Boolean).join(': '),
    }));
  });
}

const NEAR_SHARE = 0.008;

/** The texts of what happened near a moment. */
export function annotationsAt(marks: readonly Mark[], time: number, range: TimeRange): string[] {
  const near = (range.to.valueOf() - range.from.valueOf()) * NEAR_SHARE;
  return marks
    .filter((mark) => mark.text && time >= mark.from - near && time <= mark.to + near)
    .map((mark) => mark.text)
    .slice(0, 5);
}

export function AnnotationMarks({ config, marks }: { config: UPlotConfigBuilder; marks: readonly Mark[] }) {
  const theme = useTheme2();
  const latest = useRef(marks);
  latest.current = marks;
  const plot = useRef<uPlot>(undefined);
  useLayoutEffect(() => {
    config.addHook('init', (instance) => {
      plot.current = instance;
    });
    config.addHook('draw', (instance) => {
      for (const mark of latest.current) {
        draw(instance, mark, theme.visualization.getColorByName(mark.color));
      }
    });
  }, [config, theme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new marks have to be drawn
  useEffect(() => plot.current?.redraw(), [marks]);
  return null;
}

function draw(plot: uPlot, mark: Mark, color: string): void {
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  const from = plot.valToPos(mark.from, 'x', true);
  const to = plot.valToPos(mark.to, 'x', true);
  if (to < left || from > left + width) {
    return;
  }
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  if (mark.to > mark.from) {
    ctx.globalAlpha = 0.1;
    ctx.fillStyle = color;
    ctx.fillRect(from, top, to - from, height);
    ctx.globalAlpha = 1;
  }
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const at of new Set([from, to])) {
    ctx.beginPath();
    ctx.moveTo(at, top);
    ctx.lineTo(at, top + height);
    ctx.stroke();
  }
  ctx.restore();
}
