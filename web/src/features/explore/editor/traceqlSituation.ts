// What may stand at the cursor in TraceQL, from the text before it. No React in here.
import { openAt } from './logqlSituation';

export type TraceqlSituation =
  | { kind: 'start'; from: number }
  | { kind: 'tag'; from: number }
  | { kind: 'value'; from: number; tag: string; quoted: boolean }
  | { kind: 'function'; from: number }
  | { kind: 'none' };

export function traceqlSituation(text: string): TraceqlSituation {
  const end = text.length;
  const { bracket, at, inString } = openAt(text);
  if (bracket === '{' || (bracket === '(' && text.lastIndexOf('{', at) > text.lastIndexOf('}', at))) {
    const condition =
      text
        .slice(at + 1)
        .split(/&&|\|\|/)
        .at(-1) ?? '';
    const value = /^\s*([\w.:-]+)\s*(?:=~|!~|!=|>=|<=|=|>|<)\s*(["`]?)([^"`]*)$/.exec(condition);
    if (value && (inString || (value[2] === '' && !/\s$/.test(value[3] ?? '')))) {
      return {
        kind: 'value',
        tag: value[1] ?? '',
        quoted: value[2] !== '',
        from: end - (value[3] ?? '').length,
      };
    }
    const tag = /^\s*([\w.:-]*)$/.exec(condition);
    return tag ? { kind: 'tag', from: end - (tag[1] ?? '').length } : { kind: 'none' };
  }
  if (inString) {
    return { kind: 'none' };
  }
  const word = /[\w.:]*$/.exec(text)?.[0] ?? '';
  const from = end - word.length;
  if (bracket === '(' && /(by|select|_over_time)\s*$/.test(text.slice(0, at))) {
    return { kind: 'tag', from };
  }
  if (/\|\s*\w*$/.test(text)) {
    return { kind: 'function', from };
  }
  return text.trim() === word ? { kind: 'start', from } : { kind: 'none' };
}
