// The grid of panels. On narrow screens scenes give each panel a line of its own; small ones share it here, so that
// a phone shows a dashboard's figures at one glance.
import { SceneGridLayout } from '@grafana/scenes';

type Cell = ReturnType<SceneGridLayout['buildGridLayout']>[number];

const COLUMNS = 24;
/** Below this width scenes stack panels. */
export const NARROW_PX = 768;
/** Panels of this size and smaller fit half a phone. */
const SMALL = { width: 6, height: 5 };

export class DashboardGrid extends SceneGridLayout {
  static override Component = SceneGridLayout.Component;

  override buildGridLayout(width: number, height: number): Cell[] {
    const cells = super.buildGridLayout(width, height);
    return width < NARROW_PX ? stacked(cells, ({ i }) => isSmall(this.getSceneLayoutChild(i).state)) : cells;
  }
}

function isSmall({ width = COLUMNS, height = COLUMNS }: { width?: number; height?: number }): boolean {
  return width <= SMALL.width && height <= SMALL.height;
}

/** One below the other in reading order; two small ones that follow each other stand side by side. */
export function stacked(cells: readonly Cell[], fitsHalf: (cell: Cell) => boolean): Cell[] {
  const placed: Cell[] = [];
  let y = 0;
  for (let index = 0; index < cells.length; index += 1) {
    const cell = cells[index] as Cell;
    const next = cells[index + 1];
    if (next && fitsHalf(cell) && fitsHalf(next)) {
      const h = Math.max(cell.h, next.h);
      placed.push({ ...cell, x: 0, y, w: COLUMNS / 2, h }, { ...next, x: COLUMNS / 2, y, w: COLUMNS / 2, h });
      y += h;
      index += 1;
    } else {
      placed.push({ ...cell, x: 0, y, w: COLUMNS });
      y += cell.h;
    }
  }
  return placed;
}
