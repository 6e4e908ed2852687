// Explore's address: Grafana's own form, `?schemaVersion=1&panes={…}`, so that links made there work here and
// the other way round. Older links (`left=`) and short ones (`query=`, `trace=`) are read, too.
import { DEDUP_STRATEGIES } from '../../../datasources/loki/dedup';
import { EMPTY_TRACE_FORM, printForm } from '../../../datasources/tempo/traceql';
import { DEFAULT_RANGE, isRangeBound, type RawRange } from '../../../lib/timeRange';
import { filtersOfForm, formOfFilters, type GrafanaFilter } from './formFilters';
import {
  DEFAULT_LOGS_VIEW,
  EMPTY_LOGS_QUERY,
  EMPTY_TRACES_QUERY,
  emptyQuery,
  type KeyedPane,
  LINE_LIMITS,
  type LogsView,
  logsPane,
  type Pane,
  type PaneQuery,
  TRACE_LIMITS,
  tracePane,
  tracesPane,
} from './model';

const MOST_PANES = 2;
const KEYS = ['lft', 'rgt'] as const;

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function parseJson(source: string | null): unknown {
  try {
    return source === null ? undefined : JSON.parse(source);
  } catch {
    return undefined;
  }
}

export function readPanes(parameters: URLSearchParams): KeyedPane[] {
  const panes = parseJson(parameters.get('panes'));
  if (isObject(panes)) {
    const read = Object.values(panes).filter(isObject).slice(0, MOST_PANES).map(readPane);
    if (read.length > 0) {
      return withKeys(read);
    }
  }
  const old = ['left', 'right'].map((side) => readOldPane(parseJson(parameters.get(side))));
  const present = old.filter((pane) => pane !== undefined);
  return withKeys(present.length > 0 ? present : [readShort(parameters)]);
}

function withKeys(panes: readonly Pane[]): KeyedPane[] {
  return panes.map((pane, index) => ({ key: KEYS[index] ?? 'rgt', pane }));
}

/** `{datasource, queries, range}`, or the array `[from, to, datasource, query]` of the oldest links. */
function readOldPane(source: unknown): Pane | undefined {
  if (Array.isArray(source)) {
    const [from, to, datasource, query] = source as unknown[];
    return readPane({ datasource, queries: [query], range: { from, to } });
  }
  return isObject(source) ? readPane(source) : undefined;
}

function readShort(parameters: URLSearchParams): Pane {
  const range = readRange({ from: parameters.get('from'), to: parameters.get('to') });
  const trace = parameters.get('trace');
  if (trace) {
    return tracePane(trace, parameters.get('span') ?? '', range);
  }
  const traceql = parameters.get('traceql');
  if (traceql !== null) {
    return tracesPane(traceql, range);
  }
  return logsPane(parameters.get('query') ?? '', range);
}

function readPane(source: Json): Pane {
  const queries = Array.isArray(source.queries) ? source.queries.filter(isObject) : [];
  const query = queries[0] ?? {};
  const reference = isObject(query.datasource) ? query.datasource : {};
  const datasource = text(source.datasource) || text(reference.uid) || 'loki';
  const panels = isObject(source.panelsState) ? source.panelsState : {};
  const trace = isObject(panels.trace) ? panels.trace : {};
  return {
    datasource,
    query: readQuery(query, text(reference.type), datasource),
    range: readRange(isObject(source.range) ? source.range : {}),
    logs: readView(isObject(panels.logs) ? panels.logs : {}),
    spanId: text(trace.spanId),
  };
}

function readRange({ from, to }: { from?: unknown; to?: unknown }): RawRange {
  const bounds = { from: bound(from), to: bound(to) };
  return isRangeBound(bounds.from) && isRangeBound(bounds.to) ? (bounds as RawRange) : DEFAULT_RANGE;
}

const bound = (value: unknown): string | null =>
  typeof value === 'number' ? String(Math.round(value)) : typeof value === 'string' ? value : null;

function readQuery(query: Json, type: string, datasource: string): PaneQuery {
  const guessed =
    type || ('expr' in query ? 'loki' : 'query' in query || datasource === 'tempo' ? 'tempo' : 'loki');
  if (guessed === 'loki') {
    return {
      ...EMPTY_LOGS_QUERY,
      expr: text(query.expr),
      queryType: query.queryType === 'instant' ? 'instant' : 'range',
      editor: query.editorMode === 'code' ? 'code' : 'builder',
      maxLines: oneOf(LINE_LIMITS, query.maxLines, EMPTY_LOGS_QUERY.maxLines),
    };
  }
  return guessed === 'tempo' ? readTraces(query) : emptyQuery(guessed);
}

function readTraces(query: Json): PaneQuery {
  const filters = Array.isArray(query.filters)
    ? (query.filters.filter(isObject) as unknown as GrafanaFilter[])
    : [];
  const typed = text(query.query);
  const tabs: Record<string, 'search' | 'graph'> = { traceqlSearch: 'search', serviceMap: 'graph' };
  const tab = tabs[text(query.queryType)] ?? (typed === '' ? 'search' : 'traceql');
  return {
    kind: 'tempo',
    tab,
    query: typed,
    form: tab === 'search' ? formOfFilters(filters) : EMPTY_TRACE_FORM,
    limit: oneOf(TRACE_LIMITS, query.limit, EMPTY_TRACES_QUERY.limit),
  };
}

function oneOf(allowed: readonly number[], value: unknown, fallback: number): number {
  return allowed.includes(Number(value)) ? Number(value) : fallback;
}

function readView(logs: Json): LogsView {
  const fields = Array.isArray(logs.displayedFields) ? logs.displayedFields : [];
  return {
    order: logs.sortOrder === 'Ascending' ? 'oldest' : 'newest',
    wrap: logs.wrapLogMessage === true,
    raw: logs.rawLines === true,
    dedup: DEDUP_STRATEGIES.find((strategy) => strategy === logs.dedupStrategy) ?? DEFAULT_LOGS_VIEW.dedup,
    fields: fields.filter((field): field is string => typeof field === 'string').slice(0, 20),
  };
}

export function exploreAddress(panes: readonly KeyedPane[]): string {
  const written = Object.fromEntries(
    panes.slice(0, MOST_PANES).map(({ key, pane }) => [key, writePane(pane)]),
  );
  const parameters = new URLSearchParams({ schemaVersion: '1', panes: JSON.stringify(written), orgId: '1' });
  return `/explore?${parameters}`;
}

function writePane({ datasource, query, range, logs, spanId }: Pane): Json {
  const panelsState: Json = {};
  const view = writeView(logs);
  if (query.kind === 'loki' && Object.keys(view).length > 0) {
    panelsState.logs = view;
  }
  if (query.kind === 'tempo' && spanId !== '') {
    panelsState.trace = { spanId };
  }
  return {
    datasource,
    queries: [writeQuery(query, datasource)],
    range: { from: range.from, to: range.to },
    ...(Object.keys(panelsState).length > 0 ? { panelsState } : {}),
  };
}

function writeView(view: LogsView): Json {
  return {
    ...(view.order === 'oldest' ? { sortOrder: 'Ascending' } : {}),
    ...(view.wrap ? { wrapLogMessage: true } : {}),
    ...(view.raw ? { rawLines: true } : {}),
    ...(view.dedup === 'none' ? {} : { dedupStrategy: view.dedup }),
    ...(view.fields.length > 0 ? { displayedFields: view.fields } : {}),
  };
}

function writeQuery(query: PaneQuery, uid: string): Json {
  switch (query.kind) {
    case 'loki':
      return {
        refId: 'A',
        datasource: { type: 'loki', uid },
        editorMode: query.editor,
        expr: query.expr,
        queryType: query.queryType,
        ...(query.maxLines === EMPTY_LOGS_QUERY.maxLines ? {} : { maxLines: query.maxLines }),
      };
    case 'tempo':
      return {
        refId: 'A',
        datasource: { type: 'tempo', uid },
        queryType: { search: 'traceqlSearch', traceql: 'traceql', graph: 'serviceMap' }[query.tab],
        query: query.tab === 'search' ? printForm(query.form) : query.query,
        ...(query.tab === 'search' ? { filters: filtersOfForm(query.form) } : {}),
        limit: query.limit,
      };
    default:
      return { refId: 'A', datasource: { type: query.type, uid } };
  }
}
