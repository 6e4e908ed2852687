// What a pane of Explore shows. All of it stands in the address.
import type { DedupStrategy } from '../../../datasources/loki/dedup';
import { DEFAULT_LOKI } from '../../../datasources/loki/proxy';
import type { LokiQueryType } from '../../../datasources/loki/query';
import { DEFAULT_TEMPO } from '../../../datasources/tempo/proxy';
import { EMPTY_TRACE_FORM, type TraceForm } from '../../../datasources/tempo/traceql';
import { DEFAULT_RANGE, type RawRange } from '../../../lib/timeRange';

export interface LogsQuery {
  kind: 'loki';
  expr: string;
  queryType: LokiQueryType;
  editor: 'builder' | 'code';
  maxLines: number;
}

export interface TracesQuery {
  kind: 'tempo';
  tab: 'search' | 'traceql' | 'graph';
  /** TraceQL, or the id of a trace. */
  query: string;
  form: TraceForm;
  limit: number;
}

/** A data source that Explore has no pages for. */
export interface OtherQuery {
  kind: 'other';
  type: string;
}

export type PaneQuery = LogsQuery | TracesQuery | OtherQuery;

export interface LogsView {
  order: 'newest' | 'oldest';
  wrap: boolean;
  raw: boolean;
  dedup: DedupStrategy;
  /** Shown instead of the line when there are any. */
  fields: string[];
}

export interface Pane {
  datasource: string;
  query: PaneQuery;
  range: RawRange;
  logs: LogsView;
  /** The open span of a trace. */
  spanId: string;
}

export interface KeyedPane {
  key: string;
  pane: Pane;
}

export const LINE_LIMITS = [100, 500, 1000, 5000];
export const TRACE_LIMITS = [20, 50, 100, 200];

export const EMPTY_LOGS_QUERY: LogsQuery = {
  kind: 'loki',
  expr: '',
  queryType: 'range',
  editor: 'builder',
  maxLines: 1000,
};

export const EMPTY_TRACES_QUERY: TracesQuery = {
  kind: 'tempo',
  tab: 'search',
  query: '',
  form: EMPTY_TRACE_FORM,
  limit: 20,
};

export const DEFAULT_LOGS_VIEW: LogsView = {
  order: 'newest',
  wrap: false,
  raw: false,
  dedup: 'none',
  fields: [],
};

export function logsPane(expr: string, range: RawRange = DEFAULT_RANGE, datasource = DEFAULT_LOKI): Pane {
  return {
    datasource,
    query: { ...EMPTY_LOGS_QUERY, expr },
    range,
    logs: DEFAULT_LOGS_VIEW,
    spanId: '',
  };
}

export function tracesPane(query: string, range: RawRange = DEFAULT_RANGE, datasource = DEFAULT_TEMPO): Pane {
  return {
    datasource,
    query: { ...EMPTY_TRACES_QUERY, query, tab: query === '' ? 'search' : 'traceql' },
    range,
    logs: DEFAULT_LOGS_VIEW,
    spanId: '',
  };
}

export function tracePane(traceId: string, spanId = '', range: RawRange = DEFAULT_RANGE): Pane {
  return { ...tracesPane(traceId, range), spanId };
}

/** A fresh query for a data source of this type. */
export function emptyQuery(type: string): PaneQuery {
  switch (type) {
    case 'loki':
      return EMPTY_LOGS_QUERY;
    case 'tempo':
      return EMPTY_TRACES_QUERY;
    default:
      return { kind: 'other', type };
  }
}

export const otherKey = (key: string): string => (key === 'rgt' ? 'lft' : 'rgt');
