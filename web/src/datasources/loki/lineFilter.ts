// Changes of a query as text: "filter for this value" must work on whatever a person typed.
import type { LogEntry } from './logLine';
import { type LogQuery, parseQuery, printQuery, quote, selectValues } from './logql';

/** A query of numbers rather than of lines: it does not start with a stream selector. */
export function isMetricQuery(text: string): boolean {
  const plain = text.replace(/^\s*#.*$/gm, '').trim();
  return plain !== '' && !/^\(*\s*\{/.test(plain);
}

/** The first stream selector in a query of any kind. */
export function selectorIn(text: string): string | undefined {
  const found = /\{(?:[^{}"`]|"(?:[^"\\]|\\.)*"|`[^`]*`)*\}/.exec(text);
  return found && /[=~]/.test(found[0]) ? found[0] : undefined;
}

export type ValueKind = 'label' | 'metadata' | 'field';

export interface ValueFilter {
  kind: ValueKind;
  name: string;
  value: string;
  keep: boolean;
}

/** Which parser finds the fields of this line, when any is needed. */
export function parserFor(entry: LogEntry): 'json' | 'logfmt' | undefined {
  if (entry.fields) {
    return entry.line.startsWith('{') ? 'json' : 'logfmt';
  }
  return undefined;
}

/** How the `json` stage names a field: everything but letters, digits and underscores becomes an underscore. */
export function labelOfField(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_');
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

export function filterByValue(text: string, filter: ValueFilter, entry: LogEntry): string {
  const operator = filter.keep ? '=' : '!=';
  if (filter.kind === 'label') {
    const parsed = parseQuery(text);
    if (parsed) {
      return printQuery(withLabel(parsed, filter));
    }
  }
  const name = filter.kind === 'field' ? labelOfField(filter.name) : filter.name;
  const stage = `| ${name}${operator}${quote(filter.value)}`;
  const opposite = `| ${name}${filter.keep ? '!=' : '='}${quote(filter.value)}`;
  const base = text.includes(opposite) ? text.replace(` ${opposite}`, '') : text.trimEnd();
  if (base.includes(stage)) {
    return base;
  }
  const parser = filter.kind === 'field' ? parserFor(entry) : undefined;
  const parsing = parser && !new RegExp(`\\|\\s*${parser}\\b`).test(base) ? ` | ${parser}` : '';
  return `${base}${parsing} ${stage}`;
}

function withLabel(query: LogQuery, { name, value, keep }: ValueFilter): LogQuery {
  if (keep) {
    return selectValues(query, name, [value]);
  }
  const matchers = query.matchers.filter(
    (matcher) => !(matcher.label === name && matcher.operator === '=' && matcher.value === value),
  );
  return { ...query, matchers: [...matchers, { label: name, operator: '!=', value }] };
}

export function withPattern(text: string, pattern: string, keep: boolean): string {
  const stage = `${keep ? '|>' : '!>'} ${quote(pattern)}`;
  const selector = selectorIn(text) ?? '{}';
  const at = text.indexOf(selector) + selector.length;
  return text.includes(stage) ? text : `${text.slice(0, at)} ${stage}${text.slice(at)}`;
}
