// "Filter for" and "filter out" of a value in a log line.
import type { LogEntry } from '../../datasources/loki/logLine';
import { type LogQuery, selectValues, withLineFilter } from '../../datasources/loki/logql';

export interface FieldFilter {
  kind: 'label' | 'field';
  name: string;
  value: string;
  /** Keeps the lines with this value, or those without. */
  keep: boolean;
}

export function applyFilter(query: LogQuery, filter: FieldFilter): LogQuery {
  if (filter.kind === 'field') {
    return withLineFilter(query, { operator: filter.keep ? '|=' : '!=', value: jsonPair(filter) });
  }
  if (filter.keep) {
    return selectValues(query, filter.name, [filter.value]);
  }
  return {
    ...query,
    matchers: [...query.matchers, { label: filter.name, operator: '!=', value: filter.value }],
  };
}

/** How the pair stands in the line: services write JSON without spaces. */
function jsonPair({ name, value }: FieldFilter): string {
  const plain = /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|null)$/.test(value);
  return `${JSON.stringify(name)}:${plain ? value : JSON.stringify(value)}`;
}

/** Whether the pair is found in the line by its text: a number written as text, say, is not. */
export function canFilter(entry: LogEntry, filter: FieldFilter): boolean {
  return filter.kind === 'label' || entry.line.includes(jsonPair(filter));
}
