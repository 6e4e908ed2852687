// Measures that the axis and the rows of the waterfall share.

/** Width of the column with the names. */
export const NAME_COLUMN = 'clamp(180px, 34%, 460px)';

/** Below this width names stand above their bars. */
export const STACKED = '@media (max-width: 640px)';

export function percent(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : 0;
}
