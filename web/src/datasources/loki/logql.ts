// The part of LogQL that the filter controls write and understand: a stream selector and line filters.
// What comes after them is kept as it was typed.

export type MatchOperator = '=' | '!=' | '=~' | '!~';
export interface Matcher {
  label: string;
  operator: MatchOperator;
  value: string;
}

export type LineOperator = '|=' | '!=' | '|~' | '!~';
export interface LineFilter {
  operator: LineOperator;
  value: string;
}

export interface LogQuery {
  matchers: Matcher[];
  lineFilters: LineFilter[];
  /** Later pipeline stages, verbatim. */
  rest: string;
}

/** All lines of the shop; a selector must not be empty. */
export const EVERYTHING: LogQuery = {
  matchers: [{ label: 'service_name', operator: '=~', value: '.+' }],
  lineFilters: [],
  rest: '',
};

export function printQuery(query: LogQuery): string {
  const selector = query.matchers.map(
    (matcher) => `${matcher.label}${matcher.operator}${quote(matcher.value)}`,
  );
  const filters = query.lineFilters.map((filter) => ` ${filter.operator} ${quote(filter.value)}`);
  const rest = query.rest ? ` ${query.rest}` : '';
  return `{${selector.join(', ')}}${filters.join('')}${rest}`;
}

/** Double quotes with escapes, or backticks where that reads better. */
export function quote(value: string): string {
  return /["\\]/.test(value) && !/[`\n\r]/.test(value) ? `\`${value}\`` : JSON.stringify(value);
}

const SPACE = /\s*/y;
const LABEL = /[A-Za-z_][A-Za-z0-9_]*/y;
const MATCH_OPERATOR = /=~|!~|!=|=/y;
const LINE_OPERATOR = /\|=|\|~|!=|!~/y;
const STRING = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y;

/** Undefined when the text does not start with a stream selector, or a line filter is not a plain string. */
export function parseQuery(text: string): LogQuery | undefined {
  const reader = new Reader(text);
  const matchers = readSelector(reader);
  if (!matchers) {
    return undefined;
  }
  const lineFilters: LineFilter[] = [];
  for (;;) {
    const before = reader.position;
    const operator = reader.take(LINE_OPERATOR) as LineOperator | undefined;
    if (!operator) {
      break;
    }
    const value = unquote(reader.take(STRING));
    if (value === undefined) {
      return undefined;
    }
    if (/^\s*or\b/.test(reader.rest())) {
      // `|= "a" or "b"`: not something the controls can show, but a fine query.
      reader.position = before;
      break;
    }
    lineFilters.push({ operator, value });
  }
  return { matchers, lineFilters, rest: reader.rest().trim() };
}

function readSelector(reader: Reader): Matcher[] | undefined {
  if (!reader.take(/\{/y)) {
    return undefined;
  }
  const matchers: Matcher[] = [];
  while (!reader.take(/\}/y)) {
    if (matchers.length > 0 && !reader.take(/,/y)) {
      return undefined;
    }
    const label = reader.take(LABEL);
    const operator = reader.take(MATCH_OPERATOR) as MatchOperator | undefined;
    const value = unquote(reader.take(STRING));
    if (!label || !operator || value === undefined) {
      return undefined;
    }
    matchers.push({ label, operator, value });
  }
  return matchers;
}

class Reader {
  position = 0;
  constructor(private readonly text: string) {}

  take(token: RegExp): string | undefined {
    this.skip(SPACE);
    return this.skip(token);
  }

  rest(): string {
    return this.text.slice(this.position);
  }

  private skip(token: RegExp): string | undefined {
    token.lastIndex = this.position;
    const found = token.exec(this.text);
    if (!found) {
      return undefined;
    }
    this.position = token.lastIndex;
    return found[0];
  }
}

function unquote(literal: string | undefined): string | undefined {
  if (literal === undefined) {
    return undefined;
  }
  if (literal.startsWith('`')) {
    return literal.slice(1, -1);
  }
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}

/** The values that the matchers of one label allow; undefined when they are not a plain list. */
export function selectedValues(query: LogQuery, label: string): string[] {
  const matcher = query.matchers.find((candidate) => candidate.label === label);
  if (matcher?.operator === '=') {
    return [matcher.value];
  }
  if (matcher?.operator === '=~' && matcher.value !== '.+' && matcher.value !== '.*') {
    return matcher.value.split('|').map(unescapeRegex);
  }
  return [];
}

/** Replaces the matchers of one label; no values means any value. */
export function selectValues(query: LogQuery, label: string, values: readonly string[]): LogQuery {
  const others = query.matchers.filter((matcher) => matcher.label !== label && !isCatchAll(matcher));
  const own: Matcher[] =
    values.length === 0
      ? []
      : values.length === 1
        ? [{ label, operator: '=', value: values[0] ?? '' }]
        : [{ label, operator: '=~', value: values.map(escapeRegex).join('|') }];
  const matchers = label === 'service_name' ? [...own, ...others] : [...others, ...own];
  return { ...query, matchers: matchers.length > 0 ? matchers : EVERYTHING.matchers };
}

function isCatchAll(matcher: Matcher): boolean {
  return matcher.operator === '=~' && (matcher.value === '.+' || matcher.value === '.*');
}

/** The text that lines must contain, as far as one filter says it. */
export function containedText(query: LogQuery): string {
  return query.lineFilters.find((filter) => filter.operator === '|=')?.value ?? '';
}

export function withContainedText(query: LogQuery, text: string): LogQuery {
  const index = query.lineFilters.findIndex((filter) => filter.operator === '|=');
  const others = query.lineFilters.filter((_, position) => position !== index);
  return { ...query, lineFilters: text ? [{ operator: '|=', value: text }, ...others] : others };
}

/** Matches a text in any letter case; the stores' regular expressions are RE2. */
export function ignoringCase(text: string): LineFilter {
  return /\p{L}/u.test(text)
    ? { operator: '|~', value: `(?i)${escapeRegex(text)}` }
    : { operator: '|=', value: text };
}

export function withLineFilter(query: LogQuery, filter: LineFilter): LogQuery {
  const present = query.lineFilters.some(
    (other) => other.operator === filter.operator && other.value === filter.value,
  );
  return present ? query : { ...query, lineFilters: [...query.lineFilters, filter] };
}

export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function unescapeRegex(text: string): string {
  return text.replace(/\\([\\^$.*+?()[\]{}|])/g, '$1');
}
