// The data sources that the dashboard server knows, as Grafana's libraries describe them.
import { type DataSourceInstanceSettings, type DataSourceRef, PluginType } from '@grafana/data';
import { requestJson } from '../../api/http';

/** An entry of `/api/datasources`. */
export interface ListedSource {
  uid: string;
  name: string;
  type: string;
  isDefault?: boolean;
  jsonData?: Record<string, unknown>;
  readOnly?: boolean;
}

export const MIXED = '-- Mixed --';
export const GRAFANA = '-- Grafana --';
export const DASHBOARD = '-- Dashboard --';

/** References that are no data source of the server. */
export const BUILT_IN: readonly ListedSource[] = [
  { uid: MIXED, name: MIXED, type: 'mixed' },
  { uid: GRAFANA, name: GRAFANA, type: 'grafana' },
  { uid: DASHBOARD, name: DASHBOARD, type: 'dashboard' },
];

export async function listSources(signal?: AbortSignal): Promise<ListedSource[]> {
  return requestJson<ListedSource[]>('/api/datasources', { signal });
}

const LOGO = '/grafana/build/img/icons/unicons/database.svg';

export function toSettings(source: ListedSource): DataSourceInstanceSettings {
  const logs = source.type === 'loki';
  return {
    id: 0,
    uid: source.uid,
    name: source.name,
    type: source.type,
    isDefault: Boolean(source.isDefault),
    access: 'proxy',
    readOnly: Boolean(source.readOnly),
    jsonData: source.jsonData ?? {},
    url: `/api/datasources/proxy/uid/${encodeURIComponent(source.uid)}`,
    meta: {
      id: source.type,
      name: source.name,
      type: PluginType.datasource,
      module: '',
      baseUrl: '',
      metrics: true,
      logs,
      mixed: source.type === 'mixed',
      annotations: true,
      info: {
        author: { name: '' },
        description: '',
        links: [],
        logos: { small: LOGO, large: LOGO },
        screenshots: [],
        updated: '',
        version: '',
      },
    },
  };
}

/** Finds what a reference means: a uid, a name, `default`, nothing at all, or (in old dashboards) a type only. */
export function findSource(
  sources: readonly ListedSource[],
  reference: DataSourceRef | string | null | undefined,
): ListedSource | undefined {
  const all = [...sources, ...BUILT_IN];
  const fallback = sources.find((source) => source.isDefault) ?? sources[0];
  const id = typeof reference === 'string' ? reference : reference?.uid;
  const type = typeof reference === 'string' ? undefined : reference?.type;
  if (!id || id === 'default') {
    return (type && sources.find((source) => source.type === type)) || fallback;
  }
  if (id === 'grafana') {
    return BUILT_IN[1];
  }
  return all.find((source) => source.uid === id) ?? all.find((source) => source.name === id);
}
