// Grafana's classic dashboard JSON, as far as we look into it. What we do not know stays in it untouched.
import type { DataSourceRef, DataTransformerConfig, FieldConfigSource } from '@grafana/data';
import type { StoreQuery } from '../datasources/frames/StoreSource';

export interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

export type SourceRef = DataSourceRef | string | null;

export interface PanelLink {
  title?: string;
  url?: string;
  targetBlank?: boolean;
}

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  transparent?: boolean;
  gridPos: GridPos;
  datasource?: SourceRef;
  targets?: StoreQuery[];
  fieldConfig?: FieldConfigSource;
  options?: Record<string, unknown>;
  transformations?: DataTransformerConfig[];
  links?: PanelLink[];
  repeat?: string;
  repeatDirection?: 'h' | 'v';
  maxPerRow?: number;
  interval?: string;
  maxDataPoints?: number | null;
  timeFrom?: string;
  timeShift?: string;
  hideTimeOverride?: boolean;
  pluginVersion?: string;
  /** Rows only. */
  collapsed?: boolean;
  panels?: Panel[];
  [key: string]: unknown;
}

export interface Variable {
  name: string;
  type: string;
  label?: string | null;
  description?: string | null;
  hide?: number;
  skipUrlSync?: boolean;
  query?: unknown;
  definition?: string;
  datasource?: SourceRef;
  current?: { text?: string | string[]; value?: string | string[] };
  options?: { text: string; value: string; selected?: boolean }[];
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  regex?: string;
  refresh?: number;
  sort?: number;
  auto?: boolean;
  auto_count?: number;
  auto_min?: string;
  filters?: { key: string; operator: string; value: string }[];
  [key: string]: unknown;
}

export interface Annotation {
  name: string;
  enable: boolean;
  hide?: boolean;
  iconColor: string;
  datasource?: SourceRef;
  target?: Record<string, unknown>;
  builtIn?: number;
  type?: string;
  expr?: string;
  filter?: { exclude?: boolean; ids: number[] };
  [key: string]: unknown;
}

export interface DashboardLink {
  title: string;
  type: 'link' | 'dashboards';
  url?: string;
  tags?: string[];
  icon?: string;
  tooltip?: string;
  asDropdown?: boolean;
  includeVars?: boolean;
  keepTime?: boolean;
  targetBlank?: boolean;
}

export interface Dashboard {
  id?: number | null;
  uid?: string | null;
  title: string;
  description?: string;
  tags?: string[];
  timezone?: string;
  weekStart?: string;
  editable?: boolean;
  graphTooltip?: number;
  refresh?: string | boolean;
  schemaVersion?: number;
  version?: number;
  time?: { from: string; to: string };
  timepicker?: { hidden?: boolean; refresh_intervals?: string[]; nowDelay?: string };
  templating?: { list?: Variable[] };
  annotations?: { list?: Annotation[] };
  links?: DashboardLink[];
  panels?: Panel[];
  [key: string]: unknown;
}

export const SCHEMA_VERSION = 42;

export function emptyDashboard(title: string): Dashboard {
  return {
    id: null,
    uid: null,
    title,
    tags: [],
    timezone: 'browser',
    editable: true,
    graphTooltip: 1,
    schemaVersion: SCHEMA_VERSION,
    version: 0,
    time: { from: 'now-1h', to: 'now' },
    timepicker: {},
    templating: { list: [] },
    annotations: { list: [] },
    links: [],
    panels: [],
  };
}

/** All panels, also those in collapsed rows; rows themselves are not among them. */
export function allPanels(dashboard: Dashboard): Panel[] {
  return (dashboard.panels ?? []).flatMap((panel) => (panel.type === 'row' ? (panel.panels ?? []) : [panel]));
}

export function findPanel(dashboard: Dashboard, id: number): Panel | undefined {
  return allPanels(dashboard).find((panel) => panel.id === id);
}

export function nextPanelId(dashboard: Dashboard): number {
  const ids = (dashboard.panels ?? [])
    .flatMap((panel) => [panel, ...(panel.panels ?? [])])
    .map(({ id }) => id);
  return Math.max(0, ...ids.filter((id) => Number.isFinite(id))) + 1;
}

/** Replaces, or with undefined removes, one panel wherever it stands. */
export function withPanel(dashboard: Dashboard, id: number, panel: Panel | undefined): Dashboard {
  const put = (list: readonly Panel[]): Panel[] =>
    list.flatMap((entry) => {
      if (entry.id === id) {
        return panel ? [panel] : [];
      }
      return entry.panels ? [{ ...entry, panels: put(entry.panels) }] : [entry];
    });
  return { ...dashboard, panels: put(dashboard.panels ?? []) };
}

/** Below everything else. */
export function bottomOf(dashboard: Dashboard): number {
  return Math.max(0, ...(dashboard.panels ?? []).map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)));
}

export function addPanel(dashboard: Dashboard, panel: Omit<Panel, 'id' | 'gridPos'>): [Dashboard, number] {
  const id = nextPanelId(dashboard);
  const row = panel.type === 'row';
  const added = {
    ...panel,
    id,
    gridPos: { x: 0, y: bottomOf(dashboard), w: row ? 24 : 12, h: row ? 1 : 8 },
  } as Panel;
  return [{ ...dashboard, panels: [...(dashboard.panels ?? []), added] }, id];
}

export function duplicatePanel(dashboard: Dashboard, id: number): Dashboard {
  const original = findPanel(dashboard, id);
  if (!original) {
    return dashboard;
  }
  const { x, y, w, h } = original.gridPos;
  const beside = x + 2 * w <= 24;
  const copy: Panel = {
    ...structuredClone(original),
    id: nextPanelId(dashboard),
    gridPos: { x: beside ? x + w : x, y: beside ? y : y + h, w, h },
  };
  const insert = (list: readonly Panel[]): Panel[] =>
    list.flatMap((entry) => {
      if (entry.id === id) {
        return [entry, copy];
      }
      return entry.panels ? [{ ...entry, panels: insert(entry.panels) }] : [entry];
    });
  return { ...dashboard, panels: insert(dashboard.panels ?? []) };
}

/** Removes a row; its panels stay, or go with it. */
export function removeRow(dashboard: Dashboard, id: number, withPanels: boolean): Dashboard {
  const panels = dashboard.panels ?? [];
  const at = panels.findIndex((panel) => panel.type === 'row' && panel.id === id);
  const row = panels[at];
  if (!row) {
    return dashboard;
  }
  const next = panels.findIndex((panel, index) => index > at && panel.type === 'row');
  const end = row.collapsed || next < 0 ? (row.collapsed ? at + 1 : panels.length) : next;
  const inside = row.collapsed ? (row.panels ?? []) : panels.slice(at + 1, end);
  return {
    ...dashboard,
    panels: [...panels.slice(0, at), ...(withPanels ? [] : inside), ...panels.slice(end)],
  };
}

/** Panels of dashboards older than the grid, or written by hand, may lack what we rely on. */
export function normalize(dashboard: Dashboard): Dashboard {
  let nextId = nextPanelId(dashboard);
  let y = 0;
  const seen = new Set<number>();
  const fix = (panel: Panel): Panel => {
    const known = typeof panel.id === 'number' && !seen.has(panel.id);
    const id = known ? panel.id : nextId++;
    seen.add(id);
    const row = panel.type === 'row';
    const fallback = { x: 0, y, w: row ? 24 : 12, h: row ? 1 : 8 };
    const gridPos = { ...fallback, ...panel.gridPos };
    y = Math.max(y, gridPos.y + gridPos.h);
    return { ...panel, id, gridPos, ...(panel.panels ? { panels: panel.panels.map(fix) } : {}) };
  };
  return { ...dashboard, panels: (dashboard.panels ?? []).map(fix) };
}
