// The search form's filters, as Grafana saves them in dashboards, in TraceQL.

export interface TraceFilter {
  id: string;
  tag?: string;
  operator?: string;
  value?: string | string[];
  valueType?: string;
  scope?: string;
}

export function filtersToTraceQl(filters: readonly TraceFilter[]): string {
  const conditions = filters.flatMap((filter) => condition(filter) ?? []);
  return `{${conditions.join(' && ')}}`;
}

function condition(filter: TraceFilter): string | undefined {
  const values = [filter.value ?? []].flat().filter((value) => value !== '');
  if (!filter.tag || values.length === 0) {
    return undefined;
  }
  const operator =
    values.length > 1 ? (filter.operator?.startsWith('!') ? '!~' : '=~') : (filter.operator ?? '=');
  return `${nameOf(filter)}${operator}${literal(values, filter)}`;
}

function nameOf({ tag = '', scope }: TraceFilter): string {
  return !scope || scope === 'intrinsic' ? tag : scope === 'unscoped' ? `.${tag}` : `${scope}.${tag}`;
}

const BARE = new Set(['int', 'float', 'bool', 'duration', 'keyword', 'number']);

function literal(values: string[], { valueType, tag }: TraceFilter): string {
  const [only = ''] = values;
  const bare = BARE.has(valueType ?? '') || tag === 'duration';
  return values.length === 1 && bare ? only : JSON.stringify(values.join('|'));
}
