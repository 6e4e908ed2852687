// Loki's language and what variables and ad hoc filters ask of it.
import type { AdHocVariableFilter, MetricFindValue, TimeRange } from '@grafana/data';
import { printSelectorWith } from './adhoc';
import { interpolate } from './interpolate';
import { type StoreQuery, StoreSource } from './StoreSource';

interface LabelsAnswer {
  data?: string[];
}

interface SeriesAnswer {
  data?: Record<string, string>[];
}

/** What a variable asks for, in Grafana's object form or as text. */
export interface LokiVariableQuery {
  label?: string;
  stream?: string;
}

export function parseLokiVariable(query: unknown): LokiVariableQuery {
  if (query !== null && typeof query === 'object') {
    const { type, label, stream, query: text } = query as Record<string, unknown>;
    if (type === undefined && typeof text === 'string') {
      return parseLokiVariable(text);
    }
    return { label: type === 0 ? undefined : asText(label), stream: asText(stream) };
  }
  const text = String(query ?? '').trim();
  const values = /^label_values\(\s*(?:(.+),\s*)?([\w.]+)\s*\)$/s.exec(text);
  return values ? { label: values[2], stream: values[1]?.trim() } : {};
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export class LokiSource extends StoreSource {
  protected override withFilters(query: StoreQuery, filters: readonly AdHocVariableFilter[]): StoreQuery {
    return typeof query.expr === 'string'
      ? { ...query, expr: printSelectorWith(query.expr, filters) }
      : query;
  }

  override async metricFindQuery(
    query: unknown,
    options: { range?: TimeRange; scopedVars?: never } = {},
  ): Promise<MetricFindValue[]> {
    const { label, stream } = parseLokiVariable(query);
    const range = boundsOf(options.range);
    if (!label) {
      const { data = [] } = await this.resource<LabelsAnswer>(`loki/api/v1/labels?${range}`);
      return data.map((text) => ({ text }));
    }
    const selector = stream && interpolate(stream, options.scopedVars, this.valueFormat());
    const name = interpolate(label, options.scopedVars);
    if (!selector) {
      return this.#values(name, range);
    }
    const match = new URLSearchParams({ 'match[]': selector });
    const { data = [] } = await this.resource<SeriesAnswer>(`loki/api/v1/series?${match}&${range}`);
    const values = new Set(data.map((series) => series[name]).filter((value) => value !== undefined));
    return [...values].sort().map((text) => ({ text }));
  }

  async #values(label: string, range: string): Promise<MetricFindValue[]> {
    const path = `loki/api/v1/label/${encodeURIComponent(label)}/values?${range}`;
    const { data = [] } = await this.resource<LabelsAnswer>(path);
    return data.map((text) => ({ text }));
  }

  override getTagKeys(options?: { timeRange?: TimeRange }): Promise<MetricFindValue[]> {
    return this.metricFindQuery('', { range: options?.timeRange });
  }

  override getTagValues(options: { key: string; timeRange?: TimeRange }): Promise<MetricFindValue[]> {
    return this.#values(options.key, boundsOf(options.timeRange));
  }
}

function boundsOf(range: TimeRange | undefined): string {
  return range ? `start=${range.from.valueOf()}000000&end=${range.to.valueOf()}000000` : '';
}
