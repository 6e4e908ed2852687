// Dashboards that travel: exported with placeholders for data sources (`__inputs`), imported with a choice for each.
import type { ListedSource } from '../datasources/frames/settings';
import type { Dashboard } from './model';

export interface DashboardInput {
  name: string;
  label?: string;
  description?: string;
  type: string;
  pluginId?: string;
  pluginName?: string;
  value?: string;
}

export function inputsOf(dashboard: Dashboard): DashboardInput[] {
  const inputs = dashboard.__inputs;
  return Array.isArray(inputs)
    ? (inputs as DashboardInput[]).filter((input) => typeof input?.name === 'string')
    : [];
}

/** What is wrong with a text that should be a dashboard; undefined when nothing is. */
export type ImportProblem = 'empty' | 'notJson' | 'notDashboard' | 'newFormat';

export function parseImport(text: string): Dashboard | ImportProblem {
  if (text.trim() === '') {
    return 'empty';
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'notJson';
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return 'notDashboard';
  }
  const { dashboard, spec, apiVersion } = value as Record<string, unknown>;
  // Answers of the API wrap the dashboard; Kubernetes-style resources of the first version hold it as `spec`.
  const inner = (dashboard ?? spec ?? value) as Record<string, unknown>;
  if (typeof apiVersion === 'string' && apiVersion.includes('/v2')) {
    return 'newFormat';
  }
  if (inner.elements !== undefined && inner.layout !== undefined) {
    return 'newFormat';
  }
  const hasPanels = Array.isArray(inner.panels) || Array.isArray(inner.rows) || inner.panels === undefined;
  return typeof inner.title === 'string' && hasPanels
    ? (withoutRows(inner as never) as Dashboard)
    : 'notDashboard';
}

interface OldRow {
  title?: string;
  showTitle?: boolean;
  collapse?: boolean;
  height?: number | string;
  panels?: (Record<string, unknown> & { span?: number })[];
}

/** Dashboards from before the grid stack rows of twelfths. */
export function withoutRows(dashboard: Dashboard & { rows?: OldRow[] }): Dashboard {
  const { rows, ...rest } = dashboard;
  if (!Array.isArray(rows) || (dashboard.panels?.length ?? 0) > 0) {
    return dashboard;
  }
  let y = 0;
  let id = 1;
  const panels = rows.flatMap((row) => {
    const height = Math.max(3, Math.ceil(Number.parseInt(String(row.height ?? 250), 10) / 38));
    const heading =
      row.showTitle || row.collapse
        ? [
            {
              id: id++,
              type: 'row',
              title: row.title ?? '',
              collapsed: false,
              gridPos: { x: 0, y: y++, w: 24, h: 1 },
            },
          ]
        : [];
    let x = 0;
    const placed = (row.panels ?? []).map((panel) => {
      const w = Math.min(24, (panel.span ?? 6) * 2);
      if (x + w > 24) {
        x = 0;
        y += height;
      }
      const gridPos = { x, y, w, h: height };
      x += w;
      return { ...panel, id: id++, gridPos };
    });
    y += height;
    return [...heading, ...placed];
  });
  return { ...rest, panels: panels as never };
}

/** A copy for others: no ids of ours, data sources by placeholder. */
export function toExport(dashboard: Dashboard, sources: readonly ListedSource[]): Dashboard {
  const inputs = new Map<string, DashboardInput>();
  const copy = replaceSources(structuredClone(dashboard), (uid) => {
    const source = sources.find((candidate) => candidate.uid === uid);
    if (!source) {
      return undefined;
    }
    const name = `DS_${source.name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
    inputs.set(name, {
      name,
      label: source.name,
      description: '',
      type: 'datasource',
      pluginId: source.type,
      pluginName: source.name,
    });
    return `\${${name}}`;
  });
  const types = new Set(
    (dashboard.panels ?? []).flatMap((panel) => [panel, ...(panel.panels ?? [])]).map(({ type }) => type),
  );
  types.delete('row');
  return {
    __inputs: [...inputs.values()],
    __requires: [
      ...[...types].sort().map((type) => ({ type: 'panel', id: type, name: type, version: '' })),
      ...[...inputs.values()].map((input) => ({
        type: 'datasource',
        id: input.pluginId,
        name: input.pluginName,
        version: '1.0.0',
      })),
    ],
    ...copy,
    id: null,
  };
}

function replaceSources<Value>(value: Value, placeholder: (uid: string) => string | undefined): Value {
  if (Array.isArray(value)) {
    return value.map((entry) => replaceSources(entry, placeholder)) as Value;
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      const uid =
        key === 'datasource' && entry !== null && typeof entry === 'object'
          ? (entry as { uid?: string }).uid
          : undefined;
      const replaced = uid === undefined ? undefined : placeholder(uid);
      return [key, replaced ? { ...(entry as object), uid: replaced } : replaceSources(entry, placeholder)];
    }),
  ) as Value;
}
