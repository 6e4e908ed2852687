// Ad hoc filters become matchers in every stream selector of a LogQL or PromQL query.
import type { AdHocVariableFilter } from '@grafana/data';

const OPERATORS: Record<string, string> = {
  '=': '=',
  '!=': '!=',
  '=~': '=~',
  '!~': '!~',
  '=|': '=~',
  '!=|': '!~',
};

export function printSelectorWith(expr: string, filters: readonly AdHocVariableFilter[]): string {
  const matchers = filters.flatMap((filter) => {
    const operator = OPERATORS[filter.operator];
    return operator && filter.key ? [`${filter.key}${operator}${JSON.stringify(filter.value)}`] : [];
  });
  return matchers.length === 0 ? expr : addToSelectors(expr, matchers.join(', '));
}

/** Braces in strings are text; braces outside are selectors. */
function addToSelectors(expr: string, matchers: string): string {
  let result = '';
  for (let at = 0; at < expr.length; ) {
    const character = expr[at] ?? '';
    if (character === '"' || character === '`') {
      const end = endOfString(expr, at);
      result += expr.slice(at, end);
      at = end;
    } else if (character === '{') {
      const end = endOfSelector(expr, at);
      const inside = expr
        .slice(at + 1, end)
        .trim()
        .replace(/,$/, '');
      result += `{${inside}${inside ? ', ' : ''}${matchers}}`;
      at = end + 1;
    } else {
      result += character;
      at += 1;
    }
  }
  return result;
}

function endOfString(expr: string, start: number): number {
  const quote = expr[start];
  for (let at = start + 1; at < expr.length; at += 1) {
    if (expr[at] === '\\' && quote === '"') {
      at += 1;
    } else if (expr[at] === quote) {
      return at + 1;
    }
  }
  return expr.length;
}

function endOfSelector(expr: string, start: number): number {
  for (let at = start + 1; at < expr.length; at += 1) {
    if (expr[at] === '"' || expr[at] === '`') {
      at = endOfString(expr, at) - 1;
    } else if (expr[at] === '}') {
      return at;
    }
  }
  return expr.length;
}
