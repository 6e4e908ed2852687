// Back from the grid on the screen to JSON: where panels stand now, and which rows are collapsed.
import { SceneGridItem, type SceneGridItemLike, SceneGridRow } from '@grafana/scenes';
import type { DashboardScene } from './DashboardScene';
import { allPanels, type Dashboard, type Panel } from './model';

export interface Placed {
  key: string;
  x: number;
  y: number;
  width: number;
  height: number;
  /** Rows only. */
  row?: { collapsed: boolean; children: Placed[] };
}

export function placesOf(scene: DashboardScene): Placed[] {
  return scene.state.body.state.children.filter(isOriginal).map(toPlaced);
}

/** Copies of repeated panels and rows are made anew each time. */
function isOriginal(child: SceneGridItemLike): boolean {
  return (child.state as { repeatSourceKey?: string }).repeatSourceKey === undefined;
}

function toPlaced(child: SceneGridItemLike): Placed {
  const { key = '', x = 0, y = 0, width = 24, height = 1 } = child.state;
  const place = { key, x, y, width, height };
  return child instanceof SceneGridRow
    ? {
        ...place,
        row: {
          collapsed: Boolean(child.state.isCollapsed),
          children: child.state.children
            .filter((inner) => inner instanceof SceneGridItem && isOriginal(inner))
            .map(toPlaced),
        },
      }
    : place;
}

export function withPlaces(dashboard: Dashboard, places: readonly Placed[]): Dashboard {
  const panels = new Map(allPanels(dashboard).map((panel) => [`grid-item-${panel.id}`, panel]));
  const rows = new Map((dashboard.panels ?? []).filter(isRow).map((row) => [`row-${row.id}`, row]));
  for (const panel of (dashboard.panels ?? []).filter((entry) => !isRow(entry))) {
    panels.set(`grid-item-${panel.id}`, panel);
  }
  const place = (placed: Placed): Panel[] => {
    const panel = panels.get(placed.key);
    if (!panel) {
      return [];
    }
    // Where a repeated panel stands depends on the number of its copies.
    const { w, x } = panel.gridPos;
    const size = panel.repeat && panel.repeatDirection !== 'v' ? { w, x } : { w: placed.width, x: placed.x };
    return [{ ...panel, gridPos: { ...size, y: placed.y, h: placed.height } }];
  };
  const sorted = [...places].sort((left, right) => left.y - right.y || left.x - right.x);
  return {
    ...dashboard,
    panels: sorted.flatMap((placed) => {
      const row = rows.get(placed.key);
      if (!placed.row || !row) {
        return place(placed);
      }
      const inner = placed.row.children.flatMap(place);
      const gridPos = { x: 0, y: placed.y, w: 24, h: 1 };
      return placed.row.collapsed
        ? [{ ...row, gridPos, collapsed: true, panels: inner }]
        : [{ ...row, gridPos, collapsed: false, panels: [] }, ...inner];
    }),
  };
}

function isRow(panel: Panel): boolean {
  return panel.type === 'row';
}
