// Variables as their form makes them. No React in here.
import type { Variable } from '../../../dashboard/model';

export const VARIABLE_TYPES = [
  'query',
  'custom',
  'interval',
  'textbox',
  'constant',
  'datasource',
  'adhoc',
] as const;
export type VariableType = (typeof VARIABLE_TYPES)[number];

/** What each type begins with; what another type needs does not stay behind. */
const FRESH: Record<VariableType, Partial<Variable>> = {
  query: { query: '', refresh: 1, sort: 1, multi: false, includeAll: false },
  custom: { query: '', multi: false, includeAll: false },
  interval: { query: '1m,5m,10m,30m,1h', auto: false, auto_count: 30, auto_min: '10s' },
  textbox: { query: '' },
  constant: { query: '', hide: 2 },
  datasource: { query: 'loki', multi: false, includeAll: false },
  adhoc: { filters: [] },
};

export function newVariable(type: VariableType, name: string, before?: Variable): Variable {
  const { label, description, hide } = before ?? {};
  return { type, name, label, description, hide, ...FRESH[type], current: {}, options: [] };
}

export function freeName(stem: string, taken: readonly string[]): string {
  const base = stem.replace(/\d+$/, '');
  let number = 1;
  while (taken.includes(`${base}${number}`)) {
    number += 1;
  }
  return taken.includes(stem) || stem === 'variable' ? `${base}${number}` : stem;
}

export type NameProblem = 'variable.nameEmpty' | 'variable.nameInvalid' | 'variable.nameTaken';

export function nameProblem(name: string, taken: readonly string[]): NameProblem | undefined {
  if (name === '') {
    return 'variable.nameEmpty';
  }
  if (!/^\w+$/.test(name) || name.startsWith('__')) {
    return 'variable.nameInvalid';
  }
  return taken.includes(name) ? 'variable.nameTaken' : undefined;
}

/** What a variable is made of, in one line. */
export function definitionOf({ type, query, filters, definition }: Variable): string {
  if (type === 'adhoc') {
    return (filters ?? []).map(({ key, operator, value }) => `${key}${operator}${value}`).join(', ');
  }
  if (typeof query === 'string') {
    return query;
  }
  const { label, stream, query: text } = (query ?? {}) as Record<string, unknown>;
  const parts = [label, stream, text].filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join(' · ') : (definition ?? '');
}
