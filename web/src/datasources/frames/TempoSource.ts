// Tempo: TraceQL through the server; the service graph from the metrics that the trace store derives from spans.
import type {
  AdHocVariableFilter,
  DataFrame,
  DataQueryRequest,
  DataQueryResponse,
  MetricFindValue,
  ScopedVars,
} from '@grafana/data';
import { LoadingState } from '@grafana/data';
import { asPipe, interpolate, type ValueFormat } from './interpolate';
import { type StoreQuery, StoreSource } from './StoreSource';
import { askServiceGraph } from './serviceGraph';
import { filtersToTraceQl, type TraceFilter } from './traceQlFilters';

interface TagsAnswer {
  scopes?: { name: string; tags: string[] }[];
}

interface TagValuesAnswer {
  tagValues?: { value: string }[];
}

export class TempoSource extends StoreSource {
  protected override valueFormat(): ValueFormat {
    return asPipe;
  }

  protected override withFilters(query: StoreQuery, _filters: readonly AdHocVariableFilter[]): StoreQuery {
    return query.queryType === 'traceqlSearch'
      ? { ...query, queryType: 'traceql', query: filtersToTraceQl((query.filters ?? []) as TraceFilter[]) }
      : query;
  }

  protected override async ask(
    targets: StoreQuery[],
    request: DataQueryRequest<StoreQuery>,
    signal: AbortSignal,
  ): Promise<DataQueryResponse> {
    const graphs = targets.filter((target) => target.queryType === 'serviceMap');
    const others = targets.filter(
      (target) => target.queryType !== 'serviceMap' && target.queryType !== 'clear',
    );
    const answers = await Promise.all([
      super.ask(others, request, signal),
      ...graphs.map((target) => askServiceGraph(this.#metricsSource(), target, request.range, signal)),
    ]);
    return {
      data: answers.flatMap((answer) => answer.data).map((frame: DataFrame) => linkTraces(frame)),
      errors: answers.flatMap((answer) => answer.errors ?? []),
      error: answers.find((answer) => answer.error)?.error,
      state: answers.find((answer) => answer.state === LoadingState.Error)?.state ?? LoadingState.Done,
    };
  }

  #metricsSource(): string | undefined {
    const { serviceMap } = this.settings.jsonData as { serviceMap?: { datasourceUid?: string } };
    return serviceMap?.datasourceUid;
  }

  override async metricFindQuery(
    query: unknown,
    options: { scopedVars?: ScopedVars } = {},
  ): Promise<MetricFindValue[]> {
    const { type, label } = (query ?? {}) as { type?: number; label?: string };
    if (type === 0 || !label) {
      return this.getTagKeys();
    }
    return this.getTagValues({ key: interpolate(label, options.scopedVars) });
  }

  override async getTagKeys(): Promise<MetricFindValue[]> {
    const { scopes = [] } = await this.resource<TagsAnswer>('api/v2/search/tags');
    return scopes.flatMap(({ name, tags }) =>
      tags.map((tag) => ({ text: name === 'intrinsic' ? tag : `${name}.${tag}` })),
    );
  }

  override async getTagValues({ key }: { key: string }): Promise<MetricFindValue[]> {
    const path = `api/v2/search/tag/${encodeURIComponent(scoped(key))}/values`;
    const { tagValues = [] } = await this.resource<TagValuesAnswer>(path);
    return tagValues.map(({ value }) => ({ text: value }));
  }
}

/** A trace id in a table leads to its trace, unless the server has linked it already. */
export function linkTraces(frame: DataFrame): DataFrame {
  if (frame.meta?.preferredVisualisationType === 'trace') {
    return frame;
  }
  const fields = frame.fields.map((field) =>
    TRACE_ID_FIELDS.has(field.name.toLowerCase()) && !field.config.links?.some((link) => !link.internal)
      ? // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how links name the value
        { ...field, config: { ...field.config, links: [{ title: 'Trace', url: '/trace/${__value.raw}' }] } }
      : field,
  );
  return { ...frame, fields };
}

const TRACE_ID_FIELDS = new Set(['traceid', 'traceidhidden', 'trace id']);

const INTRINSICS = new Set([
  'name',
  'status',
  'kind',
  'duration',
  'rootName',
  'rootServiceName',
  'statusMessage',
]);

/** Grafana's variable editor stores tag names without their scope. */
function scoped(tag: string): string {
  return tag.includes(':') ||
    INTRINSICS.has(tag) ||
    /^(resource|span|event|link|instrumentation)?\./.test(tag)
    ? tag
    : `.${tag}`;
}
