// What may stand at the cursor in LogQL. Reads the text before it, which is rarely a whole query. No React in here.

export type LogqlSituation =
  | { kind: 'start'; from: number }
  | { kind: 'label'; from: number }
  | { kind: 'value'; from: number; label: string; quoted: boolean }
  | { kind: 'grouping'; from: number }
  | { kind: 'range'; from: number }
  | { kind: 'stage'; from: number }
  | { kind: 'fieldValue'; from: number; field: string; quoted: boolean }
  | { kind: 'none' };

/** The innermost bracket that is open at the end of the text, and whether a string is. */
export function openAt(text: string): { bracket: string; at: number; inString: boolean } {
  const open: number[] = [];
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quote) {
      if (character === '\\' && quote === '"') {
        index += 1;
      } else if (character === quote) {
        quote = '';
      }
    } else if (character === '"' || character === '`') {
      quote = character;
    } else if ('{(['.includes(character)) {
      open.push(index);
    } else if ('})]'.includes(character)) {
      open.pop();
    }
  }
  const at = open.at(-1) ?? -1;
  return { bracket: text.charAt(at), at, inString: quote !== '' };
}

export function logqlSituation(text: string): LogqlSituation {
  const end = text.length;
  const { bracket, at, inString } = openAt(text);
  const inside = text.slice(at + 1);
  if (bracket === '{') {
    const value = /([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)\s*(["`]?)([^"`]*)$/.exec(inside);
    if (value && (inString || value[2] === '')) {
      return {
        kind: 'value',
        label: value[1] ?? '',
        quoted: value[2] !== '',
        from: end - (value[3] ?? '').length,
      };
    }
    const label = /(?:^|,)\s*(\w*)$/.exec(inside);
    return label ? { kind: 'label', from: end - (label[1] ?? '').length } : { kind: 'none' };
  }
  const field = /\|\s*(?:.*\b(?:and|or)\s+)?([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)\s*(["`]?)([^"`|]*)$/.exec(text);
  if (field && (inString || field[2] === '')) {
    return {
      kind: 'fieldValue',
      field: field[1] ?? '',
      quoted: field[2] !== '',
      from: end - (field[3] ?? '').length,
    };
  }
  if (inString) {
    return { kind: 'none' };
  }
  if (bracket === '[') {
    return { kind: 'range', from: at + 1 };
  }
  const word = /[\w$]*$/.exec(text)?.[0] ?? '';
  const from = end - word.length;
  if (bracket === '(' && /\b(by|without|on|ignoring)\s*$/.test(text.slice(0, at))) {
    return { kind: 'grouping', from };
  }
  if (/\|\s*\w*$/.test(text)) {
    return { kind: 'stage', from };
  }
  const before = text.slice(0, from).trimEnd();
  return before === '' || /[(+*/-]$/.test(before) ? { kind: 'start', from } : { kind: 'none' };
}
