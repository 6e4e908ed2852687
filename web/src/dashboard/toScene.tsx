// Dashboard JSON as a scene: variables, annotations, time, and the grid of panels.

import {
  behaviors,
  dataLayers,
  SceneDataLayerSet,
  SceneGridItem,
  SceneGridRow,
  type SceneObject,
  SceneTimePicker,
  SceneTimeRange,
  VariableValueSelectors,
} from '@grafana/scenes';
import type { DashboardCursorSync } from '@grafana/schema';
import { GRAFANA } from '../datasources/frames/settings';
import { AnnotationControls } from './AnnotationControls';
import { DashboardGrid } from './DashboardGrid';
import { DashboardRefresh } from './DashboardRefresh';
import { DashboardScene } from './DashboardScene';
import type { Annotation, Dashboard, Panel } from './model';
import { RowActions } from './RowActions';
import { RepeatPanel, RepeatRow } from './repeat';
import { type PanelActions, toVizPanel } from './toVizPanel';
import { refOf, toVariableSet } from './variables';

const REFRESH_INTERVALS = ['5s', '10s', '30s', '1m', '5m', '15m', '30m', '1h'];

export interface SceneSettings {
  actions: PanelActions;
  editing: boolean;
  /** The reader's own time zone, for dashboards that do not fix one. */
  timeZone: string;
}

export function toScene(dashboard: Dashboard, settings: SceneSettings): DashboardScene {
  const { timepicker } = dashboard;
  const fixedZone = dashboard.timezone && dashboard.timezone !== 'browser' ? dashboard.timezone : undefined;
  return new DashboardScene({
    uid: dashboard.uid ?? '',
    title: dashboard.title,
    $timeRange: new SceneTimeRange({
      from: dashboard.time?.from ?? 'now-6h',
      to: dashboard.time?.to ?? 'now',
      timeZone: fixedZone ?? settings.timeZone,
      weekStart: dashboard.weekStart as never,
      fiscalYearStartMonth: Number(dashboard.fiscalYearStartMonth) || 0,
    }),
    $variables: toVariableSet(dashboard.templating?.list),
    $data: new SceneDataLayerSet({ layers: toLayers(dashboard) }),
    $behaviors: [
      new behaviors.CursorSync({ sync: (dashboard.graphTooltip ?? 0) as DashboardCursorSync }),
      new behaviors.SceneQueryController(),
    ],
    filters: [new VariableValueSelectors({}), new AnnotationControls({})],
    timeControls: timepicker?.hidden
      ? []
      : [
          new SceneTimePicker({ isOnCanvas: true }),
          new DashboardRefresh({
            refresh: typeof dashboard.refresh === 'string' ? dashboard.refresh : '',
            intervals: timepicker?.refresh_intervals ?? REFRESH_INTERVALS,
            isOnCanvas: true,
          }),
        ],
    body: new DashboardGrid({
      isLazy: true,
      isDraggable: settings.editing,
      isResizable: settings.editing,
      children: toGrid(dashboard.panels ?? [], settings),
    }),
  });
}

function toLayers(dashboard: Dashboard) {
  return (dashboard.annotations?.list ?? []).map(
    (annotation) =>
      new dataLayers.AnnotationsDataLayer({
        name: annotation.name,
        isEnabled: annotation.enable,
        isHidden: annotation.hide || Boolean(annotation.builtIn),
        query: toAnnotationQuery(annotation, dashboard.uid ?? undefined) as never,
      }),
  );
}

/** Older dashboards keep the query beside the name; all sources of ours look for it in `target`. */
export function toAnnotationQuery(annotation: Annotation, dashboardUID: string | undefined): Annotation {
  const datasource = refOf(annotation.datasource) ?? { uid: GRAFANA, type: 'grafana' };
  const own = datasource.uid === GRAFANA || datasource.uid === 'grafana' || annotation.builtIn;
  const target = own
    ? { refId: 'Anno', type: 'dashboard', ...annotation.target, dashboardUID }
    : { refId: 'Anno', ...(annotation.expr ? { expr: annotation.expr } : {}), ...annotation.target };
  return { ...annotation, datasource, target };
}

/** A row that is open owns the panels after it, up to the next row; a collapsed one holds its panels. */
function toGrid(panels: readonly Panel[], settings: SceneSettings): (SceneGridItem | SceneGridRow)[] {
  const children: (SceneGridItem | SceneGridRow)[] = [];
  let open: { row: Panel; items: SceneGridItem[] } | undefined;
  const close = () => {
    if (open) {
      children.push(toRow(open.row, open.items, settings));
      open = undefined;
    }
  };
  for (const panel of panels) {
    if (panel.type === 'row') {
      close();
      if (panel.collapsed) {
        children.push(
          toRow(
            panel,
            (panel.panels ?? []).map((inner) => toItem(inner, settings)),
            settings,
          ),
        );
      } else {
        open = { row: panel, items: (panel.panels ?? []).map((inner) => toItem(inner, settings)) };
      }
    } else if (open) {
      open.items.push(toItem(panel, settings));
    } else {
      children.push(toItem(panel, settings));
    }
  }
  close();
  return children;
}

function toRow(row: Panel, children: SceneGridItem[], settings: SceneSettings): SceneGridRow {
  return new SceneGridRow({
    key: `row-${row.id}`,
    title: row.title ?? '',
    y: row.gridPos.y,
    isCollapsed: Boolean(row.collapsed),
    children,
    actions: settings.editing ? new RowActions({ rowId: row.id, actions: settings.actions }) : undefined,
    $behaviors: row.repeat ? [new RepeatRow({ variable: row.repeat })] : undefined,
  });
}

function toItem(panel: Panel, settings: SceneSettings): SceneGridItem {
  const { x, y, w, h } = panel.gridPos;
  const make = (): SceneObject => toVizPanel(panel, settings.actions);
  return new SceneGridItem({
    key: `grid-item-${panel.id}`,
    x,
    y,
    width: w,
    height: h,
    body: make(),
    $behaviors: panel.repeat ? [new RepeatPanel({ variable: panel.repeat, panel, make })] : undefined,
  });
}
