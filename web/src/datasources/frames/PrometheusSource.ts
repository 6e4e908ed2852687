// Prometheus' language and what variables and ad hoc filters ask of it.
import type {
  AdHocVariableFilter,
  DataFrame,
  DataQueryRequest,
  DataQueryResponse,
  MetricFindValue,
  TimeRange,
} from '@grafana/data';
import { printSelectorWith } from './adhoc';
import { interpolate } from './interpolate';
import { type StoreQuery, StoreSource } from './StoreSource';

interface NamesAnswer {
  data?: string[];
}

interface VectorAnswer {
  data?: { result?: { metric: Record<string, string>; value: [number, string] }[] };
}

export class PrometheusSource extends StoreSource {
  protected override withFilters(query: StoreQuery, filters: readonly AdHocVariableFilter[]): StoreQuery {
    return typeof query.expr === 'string'
      ? { ...query, expr: printSelectorWith(query.expr, filters) }
      : query;
  }

  protected override async ask(
    targets: StoreQuery[],
    request: DataQueryRequest<StoreQuery>,
    signal: AbortSignal,
  ): Promise<DataQueryResponse> {
    const answer = await super.ask(targets, request, signal);
    const tables = targets.filter(({ format }) => format === 'table').map(({ refId }) => refId);
    return tables.length > 1 ? { ...answer, data: answer.data.map(withNamedValue(tables)) } : answer;
  }

  override async metricFindQuery(
    query: unknown,
    options: { range?: TimeRange; scopedVars?: never } = {},
  ): Promise<MetricFindValue[]> {
    const raw = typeof query === 'string' ? query : (query as { query?: unknown } | null)?.query;
    const text = interpolate(String(raw ?? ''), options.scopedVars, this.valueFormat()).trim();
    const bounds = boundsOf(options.range);
    const labels = /^label_names\((.*)\)$/s.exec(text);
    if (labels) {
      return names(await this.resource<NamesAnswer>(`api/v1/labels?${bounds}`));
    }
    const values = /^label_values\(\s*(?:(.+),\s*)?([\w.:]+)\s*\)$/s.exec(text);
    if (values) {
      const match = values[1] ? `&${new URLSearchParams({ 'match[]': values[1].trim() })}` : '';
      return names(
        await this.resource<NamesAnswer>(
          `api/v1/label/${encodeURIComponent(values[2] ?? '')}/values?${bounds}${match}`,
        ),
      );
    }
    const metrics = /^metrics\((.*)\)$/s.exec(text);
    if (metrics) {
      const pattern = new RegExp(metrics[1] ?? '');
      const answer = await this.resource<NamesAnswer>(`api/v1/label/__name__/values?${bounds}`);
      return names(answer).filter(({ text: name }) => pattern.test(name));
    }
    const result = /^query_result\((.*)\)$/s.exec(text);
    return this.#vector(result?.[1] ?? text, options.range);
  }

  async #vector(expr: string, range: TimeRange | undefined): Promise<MetricFindValue[]> {
    if (!expr) {
      return [];
    }
    const parameters = new URLSearchParams({ query: expr });
    if (range) {
      parameters.set('time', String(range.to.valueOf() / 1000));
    }
    const { data } = await this.resource<VectorAnswer>(`api/v1/query?${parameters}`);
    return (data?.result ?? []).map(({ metric, value }) => {
      const { __name__: name = '', ...labels } = metric;
      const pairs = Object.entries(labels).map(([key, label]) => `${key}="${label}"`);
      return { text: `${name}{${pairs.join(',')}} ${value[1]} ${value[0] * 1000}` };
    });
  }

  override getTagKeys(): Promise<MetricFindValue[]> {
    return this.metricFindQuery('label_names()');
  }

  override getTagValues(options: { key: string }): Promise<MetricFindValue[]> {
    return this.metricFindQuery(`label_values(${options.key})`);
  }
}

/** Where several tables are merged, each one's values need a name of their own: dashboards know it as `Value #A`. */
function withNamedValue(tables: readonly string[]): (frame: DataFrame) => DataFrame {
  return (frame) =>
    frame.refId !== undefined && tables.includes(frame.refId)
      ? {
          ...frame,
          fields: frame.fields.map((field) =>
            field.name === 'Value' ? { ...field, name: `Value #${frame.refId}` } : field,
          ),
        }
      : frame;
}

function names({ data = [] }: NamesAnswer): MetricFindValue[] {
  return data.map((text) => ({ text }));
}

function boundsOf(range: TimeRange | undefined): string {
  return range ? `start=${range.from.valueOf() / 1000}&end=${range.to.valueOf() / 1000}` : '';
}
