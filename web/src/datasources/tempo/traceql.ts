// TraceQL as the search form writes it, and what can be told from a query's text.

export type TagOperator = '=' | '!=' | '=~' | '!~' | '>' | '>=' | '<' | '<=';
export const TAG_OPERATORS: readonly TagOperator[] = ['=', '!=', '=~', '!~', '>', '>=', '<', '<='];

export interface TagFilter {
  /** As TraceQL names it: `resource.service.name`, `span.http.route`, `name`. */
  tag: string;
  operator: TagOperator;
  value: string;
  /** Of the value, as the tag values endpoint reports it; decides about quotes. */
  type: string;
}

export interface TraceForm {
  services: string[];
  spanNames: string[];
  status: '' | 'error' | 'ok' | 'unset';
  minDuration: string;
  maxDuration: string;
  /** Of the whole trace, or of the span. */
  durationOf: 'span' | 'trace';
  tags: TagFilter[];
}

export const EMPTY_TRACE_FORM: TraceForm = {
  services: [],
  spanNames: [],
  status: '',
  minDuration: '',
  maxDuration: '',
  durationOf: 'span',
  tags: [],
};

export function printForm(form: TraceForm): string {
  const duration = form.durationOf === 'trace' ? 'traceDuration' : 'duration';
  const conditions = [
    oneOf('resource.service.name', form.services),
    oneOf('name', form.spanNames),
    form.status && `status=${form.status}`,
    form.minDuration && `${duration}>=${form.minDuration}`,
    form.maxDuration && `${duration}<=${form.maxDuration}`,
    ...form.tags.filter(({ tag, value }) => tag !== '' && value !== '').map(condition),
  ].filter(Boolean);
  return `{${conditions.join(' && ')}}`;
}

function oneOf(tag: string, values: readonly string[]): string {
  if (values.length === 0) {
    return '';
  }
  const [only] = values;
  return values.length === 1
    ? `${tag}=${JSON.stringify(only)}`
    : `${tag}=~${JSON.stringify(values.map(escapeRe2).join('|'))}`;
}

const BARE_TYPES = new Set(['int', 'float', 'bool', 'duration', 'keyword']);
const KEYWORDS = new Set(['status', 'kind', 'span:status', 'span:kind']);
const BARE_VALUE = /^(-?\d+(\.\d+)?(ns|us|µs|ms|s|m|h)?|true|false)$/;

function condition({ tag, operator, value, type }: TagFilter): string {
  const name = quotedTag(tag);
  const isRegex = operator === '=~' || operator === '!~';
  const isOrder = operator !== '=' && operator !== '!=' && !isRegex;
  const bare = !isRegex && (BARE_TYPES.has(type) || KEYWORDS.has(tag) || (isOrder && BARE_VALUE.test(value)));
  return `${name}${operator}${bare ? value : JSON.stringify(value)}`;
}

/** Attribute names with characters that TraceQL does not allow bare stand in quotes after their scope. */
export function quotedTag(tag: string): string {
  const found = /^(span|resource|event|link|instrumentation)?\.(.*)$/.exec(tag);
  if (!found) {
    return tag;
  }
  const [, scope = '', name = ''] = found;
  return /^[^\s"{}()=~!<>&|^,]+$/.test(name) ? tag : `${scope}.${JSON.stringify(name)}`;
}

export function escapeRe2(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

const METRICS =
  /\|\s*(rate|count_over_time|min_over_time|max_over_time|avg_over_time|sum_over_time|quantile_over_time|histogram_over_time|compare)\s*\(/;

export function isMetricsQuery(query: string): boolean {
  return METRICS.test(query.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, '""'));
}

/** An id alone is not TraceQL: it asks for that trace. */
export function traceIdIn(query: string): string | undefined {
  const text = query.trim();
  return /^[0-9a-f]{8,32}$/i.test(text) ? text.toLowerCase().padStart(32, '0') : undefined;
}
