// Data sources by reference, for scenes: loads the server's list once and makes each source's instance once.
import type { DataSourceApi, DataSourceInstanceSettings, DataSourceRef, ScopedVars } from '@grafana/data';
import type { DataSourceSrv, GetDataSourceListFilters } from '@grafana/runtime';
import { DashboardSource } from './DashboardSource';
import { GrafanaSource } from './GrafanaSource';
import { interpolate } from './interpolate';
import { LokiSource } from './LokiSource';
import { MixedSource } from './MixedSource';
import { PrometheusSource } from './PrometheusSource';
import { type StoreQuery, StoreSource } from './StoreSource';
import { findSource, type ListedSource, listSources, toSettings } from './settings';
import { TempoSource } from './TempoSource';

type Reference = DataSourceRef | string | null | undefined;

class Sources implements DataSourceSrv {
  #listed: ListedSource[] = [];
  #instances = new Map<string, DataSourceApi>();
  #runtime = new Map<string, DataSourceApi>();

  /** Reads the server's list. Dashboards are drawn after it only. */
  async load(signal?: AbortSignal): Promise<ListedSource[]> {
    this.#listed = await listSources(signal);
    this.#instances.clear();
    return this.#listed;
  }

  listed(): readonly ListedSource[] {
    return this.#listed;
  }

  get(reference?: Reference, scopedVars?: ScopedVars): Promise<DataSourceApi> {
    const resolved = resolve(reference, scopedVars);
    const runtime = this.#runtime.get(typeof resolved === 'string' ? resolved : (resolved?.uid ?? ''));
    if (runtime) {
      return Promise.resolve(runtime);
    }
    const found = findSource(this.#listed, resolved);
    return found
      ? Promise.resolve(this.#instance(found))
      : Promise.reject(new Error(`Data source ${nameOf(resolved)} was not found`));
  }

  getList(filters: GetDataSourceListFilters = {}): DataSourceInstanceSettings[] {
    const { pluginId, type, filter } = filters;
    const wanted = pluginId ?? (typeof type === 'string' ? type : undefined);
    return this.#listed
      .filter((source) => !wanted || source.type === wanted)
      .map(toSettings)
      .filter((settings) => !filter || filter(settings));
  }

  getInstanceSettings(
    reference?: Reference,
    scopedVars?: ScopedVars,
  ): DataSourceInstanceSettings | undefined {
    const found = findSource(this.#listed, resolve(reference, scopedVars));
    return found && toSettings(found);
  }

  async reload(): Promise<void> {
    await this.load();
  }

  registerRuntimeDataSource({ dataSource }: { dataSource: DataSourceApi }): void {
    this.#runtime.set(dataSource.uid, dataSource);
  }

  #instance(source: ListedSource): DataSourceApi {
    const known = this.#instances.get(source.uid);
    if (known) {
      return known;
    }
    const made = make(source);
    this.#instances.set(source.uid, made);
    return made;
  }
}

function make(source: ListedSource): DataSourceApi {
  // Queries of each source have fields of their own; callers know them as plain queries.
  return create(source) as unknown as DataSourceApi;
}

function create(source: ListedSource): DataSourceApi<StoreQuery> {
  const settings = toSettings(source);
  switch (source.type) {
    case 'loki':
      return new LokiSource(settings);
    case 'tempo':
      return new TempoSource(settings);
    case 'prometheus':
      return new PrometheusSource(settings);
    case 'mixed':
      return new MixedSource(settings);
    case 'grafana':
      return new GrafanaSource(settings);
    case 'dashboard':
      return new DashboardSource(settings);
    default:
      return new StoreSource(settings);
  }
}

/** `${ds}` in place of a uid is a variable. */
function resolve(reference: Reference, scopedVars: ScopedVars | undefined): Reference {
  const uid = typeof reference === 'string' ? reference : reference?.uid;
  if (!uid?.includes('$')) {
    return reference;
  }
  const value = interpolate(uid, scopedVars);
  return typeof reference === 'string' ? value : { ...reference, uid: value };
}

function nameOf(reference: Reference): string {
  return typeof reference === 'string' ? reference : (reference?.uid ?? '');
}

export const dataSources = new Sources();
