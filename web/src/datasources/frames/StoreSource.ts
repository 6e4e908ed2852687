// A data source whose queries the dashboard server answers with data frames (`/api/ds/query`).
import {
  type AdHocVariableFilter,
  type AnnotationSupport,
  type DataQuery,
  type DataQueryRequest,
  type DataQueryResponse,
  DataSourceApi,
  type DataSourceInstanceSettings,
  LoadingState,
  type MetricFindValue,
  type ScopedVars,
  type TestDataSourceResponse,
} from '@grafana/data';
import { toDataQueryResponse } from '@grafana/runtime';
import { Observable } from 'rxjs';
import { ApiError, errorOf, isAbort, requestJson, send } from '../../api/http';
import { asRegex, interpolate, interpolateDeep, timeMacros, type ValueFormat } from './interpolate';

/** Any query: what it holds besides these differs by source. */
export interface StoreQuery extends DataQuery {
  expr?: string;
  query?: string | Record<string, unknown>;
  [key: string]: unknown;
}

export class StoreSource extends DataSourceApi<StoreQuery> {
  readonly settings: DataSourceInstanceSettings;
  override annotations: AnnotationSupport<StoreQuery> = {};

  constructor(settings: DataSourceInstanceSettings) {
    super(settings);
    this.settings = settings;
  }

  /** How several values of a variable are written in this source's language. */
  protected valueFormat(): ValueFormat {
    return asRegex;
  }

  /** Puts ad hoc filters into a query. */
  protected withFilters(query: StoreQuery, _filters: readonly AdHocVariableFilter[]): StoreQuery {
    return query;
  }

  override filterQuery(query: StoreQuery): boolean {
    return !query.hide;
  }

  prepare(request: DataQueryRequest<StoreQuery>): StoreQuery[] {
    const scoped: ScopedVars = { ...timeMacros(request), ...request.scopedVars };
    return request.targets
      .filter((target) => this.filterQuery(target))
      .map((target) => {
        // Legends are templates of the server: their braces are no variables, the rest may be.
        const filled = interpolateDeep(target, (text) => interpolate(text, scoped, this.valueFormat()));
        return this.withFilters(filled, request.filters ?? []);
      });
  }

  override query(request: DataQueryRequest<StoreQuery>): Observable<DataQueryResponse> {
    const targets = this.prepare(request);
    return observe((signal) => this.ask(targets, request, signal));
  }

  protected async ask(
    targets: StoreQuery[],
    request: DataQueryRequest<StoreQuery>,
    signal: AbortSignal,
  ): Promise<DataQueryResponse> {
    if (targets.length === 0) {
      return { data: [], state: LoadingState.Done };
    }
    const { from, to } = request.range;
    const body = {
      from: String(from.valueOf()),
      to: String(to.valueOf()),
      queries: targets.map((target) => ({
        ...target,
        datasource: { uid: this.uid, type: this.type },
        intervalMs: request.intervalMs,
        maxDataPoints: request.maxDataPoints,
      })),
    };
    const response = await send(`/api/ds/query?ds_type=${encodeURIComponent(this.type)}`, {
      method: 'POST',
      body,
      signal,
    });
    return decode(response, targets);
  }

  /** A GET on the store itself, through the server's proxy. */
  protected resource<Result>(path: string, signal?: AbortSignal): Promise<Result> {
    return requestJson<Result>(`/api/datasources/proxy/uid/${encodeURIComponent(this.uid)}/${path}`, {
      signal,
    });
  }

  override metricFindQuery(_query: unknown, _options?: unknown): Promise<MetricFindValue[]> {
    return Promise.resolve([]);
  }

  override async testDatasource(): Promise<TestDataSourceResponse> {
    const path = `/api/datasources/uid/${encodeURIComponent(this.uid)}/health`;
    const { message } = await requestJson<{ message: string }>(path);
    return { status: 'success', message };
  }
}

/** The server answers with results and errors side by side, whatever the status says. */
async function decode(response: Response, targets: StoreQuery[]): Promise<DataQueryResponse> {
  const copy = response.clone();
  const data: unknown = await response.json().catch(() => undefined);
  if (data !== null && typeof data === 'object' && 'results' in data) {
    return toDataQueryResponse({ data, status: 200 } as never, targets);
  }
  throw await errorOf(copy);
}

/** A promise as a stream that asks when somebody listens and stops asking when nobody does. */
export function observe<Result>(ask: (signal: AbortSignal) => Promise<Result>): Observable<Result> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    ask(controller.signal).then(
      (result) => {
        subscriber.next(result);
        subscriber.complete();
      },
      (error: unknown) => {
        if (!isAbort(error)) {
          subscriber.error(error instanceof ApiError ? new Error(error.message) : error);
        }
      },
    );
    return () => controller.abort();
  });
}
