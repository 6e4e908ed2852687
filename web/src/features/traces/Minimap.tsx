// The whole trace at a glance: every span as a thin line. A part of it can be chosen by dragging.
import { css } from '@emotion/css';
import { Button, useTheme2 } from '@grafana/ui';
import { type PointerEvent, useRef, useState } from 'react';
import type { PathSegment } from '../../datasources/tempo/criticalPath';
import type { SpanNode } from '../../datasources/tempo/trace';
import { useLocale } from '../../i18n/context';
import { serviceColor } from '../../lib/colors';

export interface MinimapProps {
  nodes: readonly SpanNode[];
  durationMs: number;
  /** The part of the trace that the waterfall shows. */
  window: PathSegment;
  onWindow: (window: PathSegment) => void;
}

const HEIGHT = 56;
const LEAST_SHARE = 0.005;

export function Minimap({ nodes, durationMs, window: shown, onWindow }: MinimapProps) {
  const { t } = useLocale();
  const theme = useTheme2();
  const box = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<[number, number] | undefined>(undefined);
  const whole = Math.max(durationMs, 1e-6);
  const step = Math.min(4, (HEIGHT - 4) / Math.max(1, nodes.length));
  const timeAt = (event: PointerEvent) => {
    const area = box.current?.getBoundingClientRect();
    return area ? Math.min(1, Math.max(0, (event.clientX - area.left) / area.width)) * whole : 0;
  };
  const finish = () => {
    if (drag) {
      const [fromMs, toMs] = [Math.min(...drag), Math.max(...drag)];
      if (toMs - fromMs > whole * LEAST_SHARE) {
        onWindow({ fromMs, toMs });
      }
    }
    setDrag(undefined);
  };
  const chosen = drag ? { fromMs: Math.min(...drag), toMs: Math.max(...drag) } : shown;
  const zoomed = shown.fromMs > 0 || shown.toMs < durationMs;
  return (
    <div className={BOX} data-testid="minimap">
      <svg
        ref={box}
        className={MAP}
        viewBox={`0 0 1000 ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t('explore.traces.minimap')}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([timeAt(event), timeAt(event)]);
        }}
        onPointerMove={(event) => drag && setDrag([drag[0], timeAt(event)])}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(undefined)}
      >
        {nodes.map((node, index) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a client and a server span may share an id
            key={index}
            x={(node.offsetMs / whole) * 1000}
            y={2 + index * step}
            width={Math.max(1.5, (node.durationMs / whole) * 1000)}
            height={Math.max(0.5, step * 0.75)}
            fill={
              node.span.status === 'error' ? theme.colors.error.main : serviceColor(theme, node.span.service)
            }
          />
        ))}
        {(zoomed || drag) && (
          <>
            <rect
              x={0}
              y={0}
              width={(chosen.fromMs / whole) * 1000}
              height={HEIGHT}
              fill={theme.colors.background.canvas}
              opacity={0.7}
            />
            <rect
              x={(chosen.toMs / whole) * 1000}
              y={0}
              width={1000}
              height={HEIGHT}
              fill={theme.colors.background.canvas}
              opacity={0.7}
            />
          </>
        )}
      </svg>
      {zoomed && (
        <Button
          className={RESET}
          size="sm"
          variant="secondary"
          onClick={() => onWindow({ fromMs: 0, toMs: durationMs })}
        >
          {t('explore.traces.wholeTrace')}
        </Button>
      )}
    </div>
  );
}

const BOX = css({ position: 'relative', padding: '0 12px 8px' });
const MAP = css({
  display: 'block',
  width: '100%',
  height: HEIGHT,
  cursor: 'col-resize',
  touchAction: 'pan-y',
});
const RESET = css({ position: 'absolute', right: 16, top: 4 });
