// The search form in Grafana's words (`filters` of a Tempo query), so that links work on both sides.
import {
  EMPTY_TRACE_FORM,
  TAG_OPERATORS,
  type TagFilter,
  type TagOperator,
  type TraceForm,
} from '../../../datasources/tempo/traceql';

export interface GrafanaFilter {
  id: string;
  tag?: string;
  operator?: string;
  scope?: string;
  value?: string | string[];
  valueType?: string;
}

export function filtersOfForm(form: TraceForm): GrafanaFilter[] {
  const several = (id: string, tag: string, scope: string, value: string[]): GrafanaFilter[] =>
    value.length === 0
      ? []
      : [{ id, tag, scope, operator: value.length > 1 ? '=~' : '=', value, valueType: 'string' }];
  const one = (
    id: string,
    tag: string,
    operator: string,
    value: string,
    valueType: string,
  ): GrafanaFilter[] => (value === '' ? [] : [{ id, tag, scope: 'intrinsic', operator, value, valueType }]);
  const duration = form.durationOf === 'trace' ? 'traceDuration' : 'duration';
  return [
    ...several('service-name', 'service.name', 'resource', form.services),
    ...several('span-name', 'name', 'span', form.spanNames),
    ...one('status', 'status', '=', form.status, 'keyword'),
    ...one('min-duration', duration, '>', form.minDuration, 'duration'),
    ...one('max-duration', duration, '<', form.maxDuration, 'duration'),
    ...form.tags.map((filter, index) => ({ id: `tag-${index}`, ...scoped(filter) })),
  ];
}

function scoped({ tag, operator, value, type }: TagFilter): Omit<GrafanaFilter, 'id'> {
  const found = /^(span|resource|event|link|instrumentation)\.(.+)$/.exec(tag);
  return found
    ? { scope: found[1], tag: found[2], operator, value, valueType: type }
    : { scope: 'intrinsic', tag, operator, value, valueType: type };
}

export function formOfFilters(filters: readonly GrafanaFilter[]): TraceForm {
  const form: TraceForm = { ...EMPTY_TRACE_FORM, tags: [] };
  for (const filter of filters) {
    const values = [filter.value ?? []].flat().filter((value) => typeof value === 'string' && value !== '');
    const [first = ''] = values;
    switch (filter.id) {
      case 'service-name':
        form.services = values;
        break;
      case 'span-name':
        form.spanNames = values;
        break;
      case 'status':
        form.status = first === 'error' || first === 'ok' || first === 'unset' ? first : '';
        break;
      case 'min-duration':
      case 'duration':
        form.minDuration = first;
        form.durationOf = filter.tag === 'traceDuration' ? 'trace' : 'span';
        break;
      case 'max-duration':
        form.maxDuration = first;
        form.durationOf = filter.tag === 'traceDuration' ? 'trace' : 'span';
        break;
      default:
        form.tags.push(...tagsOf(filter, values));
    }
  }
  return form;
}

function tagsOf({ tag, scope, operator, valueType }: GrafanaFilter, values: readonly string[]): TagFilter[] {
  if (!tag || values.length === 0) {
    return [];
  }
  const known = TAG_OPERATORS.find((candidate) => candidate === operator) ?? '=';
  const several = values.length > 1;
  const name = !scope || scope === 'intrinsic' ? tag : scope === 'unscoped' ? `.${tag}` : `${scope}.${tag}`;
  const severalOperator: TagOperator = known === '!=' || known === '!~' ? '!~' : '=~';
  return [
    {
      tag: name,
      operator: several ? severalOperator : known,
      value: values.join('|'),
      type: valueType ?? 'string',
    },
  ];
}
