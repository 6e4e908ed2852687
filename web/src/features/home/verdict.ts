// The one sentence above the home dashboard: is the shop well? No React in here.
import type { StackHealth } from '../../api/stack';
import type { Pulse } from './pulse';

/** Above this share of failed requests the shop is not well, whatever its components say. */
const ERROR_RATIO_LIMIT = 0.05;

export type Verdict =
  | { tone: 'unknown' }
  /** Without a ratio while the figures are still being read. */
  | { tone: 'good'; count: number; errorRatio: number | undefined }
  | {
      tone: 'warn';
      degraded: string[];
      errorRatio: number | undefined;
      noTraffic: boolean;
      noFigures: boolean;
    }
  | { tone: 'bad'; down: string[]; degraded: string[]; errorRatio: number | undefined };

/** `noFigures`: the logs cannot be read, so nobody knows how the requests fare. */
export function judge(
  health: StackHealth | undefined,
  pulse: Pulse | undefined,
  noFigures: boolean,
): Verdict {
  if (!health || health.components.length === 0) {
    return { tone: 'unknown' };
  }
  const named = (status: string) =>
    health.components.filter((component) => component.status === status).map((component) => component.name);
  const down = named('down');
  const degraded = named('degraded');
  const ratio = pulse?.errorRatio;
  const errorRatio = ratio !== undefined && ratio > ERROR_RATIO_LIMIT ? ratio : undefined;
  if (down.length > 0) {
    return { tone: 'bad', down, degraded, errorRatio };
  }
  const noTraffic = pulse !== undefined && pulse.requests === 0;
  if (degraded.length > 0 || errorRatio !== undefined || noTraffic || noFigures) {
    return { tone: 'warn', degraded, errorRatio, noTraffic, noFigures };
  }
  return { tone: 'good', count: health.components.length, errorRatio: ratio };
}
