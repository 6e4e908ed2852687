// Variables of dashboard JSON as scene variables.
import {
  AdHocFiltersVariable,
  ConstantVariable,
  CustomVariable,
  DataSourceVariable,
  IntervalVariable,
  QueryVariable,
  type SceneVariable,
  SceneVariableSet,
  TextBoxVariable,
} from '@grafana/scenes';
import type { DataSourceRef } from '@grafana/schema';
import type { SourceRef, Variable } from './model';

export function toVariableSet(list: readonly Variable[] | undefined): SceneVariableSet {
  return new SceneVariableSet({ variables: (list ?? []).map(toVariable) });
}

export function refOf(source: SourceRef | undefined): DataSourceRef | undefined {
  return typeof source === 'string' ? { uid: source } : (source ?? undefined);
}

export function toVariable(variable: Variable): SceneVariable {
  const common = {
    name: variable.name,
    label: variable.label ?? undefined,
    description: variable.description ?? undefined,
    hide: (variable.hide ?? 0) as never,
    skipUrlSync: variable.skipUrlSync,
  };
  const chosen = { value: variable.current?.value ?? '', text: variable.current?.text ?? '' };
  const several = {
    isMulti: variable.multi,
    includeAll: variable.includeAll,
    allValue: variable.allValue || undefined,
    defaultToAll: Boolean(variable.includeAll) && isEmpty(chosen.value),
  };
  const text = typeof variable.query === 'string' ? variable.query : '';
  switch (variable.type) {
    case 'query':
      return new QueryVariable({
        ...common,
        ...chosen,
        ...several,
        datasource: refOf(variable.datasource),
        query: (variable.query ?? variable.definition ?? '') as never,
        regex: variable.regex ?? '',
        refresh: (variable.refresh || 1) as never,
        sort: (variable.sort ?? 0) as never,
      });
    case 'custom':
      return new CustomVariable({ ...common, ...chosen, ...several, query: text });
    case 'datasource':
      return new DataSourceVariable({
        ...common,
        ...chosen,
        ...several,
        pluginId: text,
        regex: variable.regex ?? '',
      });
    case 'interval':
      return new IntervalVariable({
        ...common,
        value: firstOf(chosen.value) || text.split(',')[0]?.trim() || '1m',
        intervals: text
          .split(',')
          .map((interval) => interval.trim())
          .filter(Boolean),
        autoEnabled: variable.auto,
        autoStepCount: variable.auto_count,
        autoMinInterval: variable.auto_min,
      });
    case 'textbox':
      return new TextBoxVariable({ ...common, value: firstOf(chosen.value) || text });
    case 'adhoc':
      return new AdHocFiltersVariable({
        ...common,
        datasource: (refOf(variable.datasource) ?? null) as never,
        filters: variable.filters ?? [],
        layout: 'combobox',
        applyMode: 'auto',
      });
    default:
      // Constants, and types that we do not have: a fixed value that queries can use.
      return new ConstantVariable({ ...common, hide: 2 as never, value: text || firstOf(chosen.value) });
  }
}

function firstOf(value: string | string[]): string {
  return Array.isArray(value) ? (value[0] ?? '') : value;
}

function isEmpty(value: string | string[]): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}
