import { describe, expect, test } from 'vitest';
import {
  containedText,
  EVERYTHING,
  ignoringCase,
  parseQuery,
  printQuery,
  quote,
  selectedValues,
  selectValues,
  withContainedText,
  withLineFilter,
} from './logql';

const parsed = (text: string) => parseQuery(text) ?? EVERYTHING;

describe('parse and print', () => {
  test.each([
    ['{service_name="order-service"}', '{service_name="order-service"}'],
    ['  { a = "b" ,c!~`d.*` }|="x"', '{a="b", c!~"d.*"} |= "x"'],
    ['{a="b"} |~ `(?i)pay\\d` != "y"', '{a="b"} |~ `(?i)pay\\d` != "y"'],
    ['{a="b"} |= "x" | json | level="error"', '{a="b"} |= "x" | json | level="error"'],
    ['{a="b"} |= "x" or "y"', '{a="b"} |= "x" or "y"'],
    [String.raw`{a="say \"hi\""}`, '{a=`say "hi"`}'],
  ])('%s', (text, printed) => {
    expect(printQuery(parsed(text))).toBe(printed);
    expect(printQuery(parsed(printed))).toBe(printed);
  });

  test.each(['', 'a="b"', '{a=b}', '{a="b"', '{a="b" c="d"}', '{a="b"} |= x', 'sum(rate({a="b"}[1m]))'])(
    'leaves %s alone',
    (text) => {
      expect(parseQuery(text)).toBeUndefined();
    },
  );

  test('line breaks and backticks survive quoting', () => {
    for (const value of ['plain', 'with "quotes"', 'back\\slash', '`tick` and "quote"', 'two\nlines']) {
      expect(parsed(`{a="b"} |= ${quote(value)}`).lineFilters[0]?.value).toBe(value);
    }
  });
});

describe('label values', () => {
  test.each([
    [[], '{service_name=~".+"}'],
    [['order-service'], '{service_name="order-service"}'],
    [['a.b', 'c'], '{service_name=~`a\\.b|c`}'],
  ])('%j', (values, printed) => {
    const query = selectValues(EVERYTHING, 'service_name', values);
    expect(printQuery(query)).toBe(printed);
    expect(selectedValues(query, 'service_name')).toEqual(values);
  });

  test('the catch-all matcher yields to a real one and comes back', () => {
    const error = selectValues(EVERYTHING, 'level', ['error']);
    expect(printQuery(error)).toBe('{level="error"}');
    expect(printQuery(selectValues(error, 'level', []))).toBe('{service_name=~".+"}');
  });

  test('what follows the selector is kept', () => {
    const query = selectValues(parsed('{a="b"} |= "x" | json'), 'level', ['warn']);
    expect(printQuery(query)).toBe('{a="b", level="warn"} |= "x" | json');
  });
});

describe('line filters', () => {
  test('the contained text is replaced, other filters stay', () => {
    const query = parsed('{a="b"} != "noise" |= "old"');
    expect(containedText(query)).toBe('old');
    expect(printQuery(withContainedText(query, 'new'))).toBe('{a="b"} |= "new" != "noise"');
    expect(printQuery(withContainedText(query, ''))).toBe('{a="b"} != "noise"');
  });

  test('the same filter is not added twice', () => {
    const filter = { operator: '|=', value: 'x' } as const;
    expect(withLineFilter(withLineFilter(EVERYTHING, filter), filter).lineFilters).toEqual([filter]);
  });

  test('letters are matched in any case, digits exactly', () => {
    expect(ignoringCase('Pay (now)')).toEqual({ operator: '|~', value: '(?i)Pay \\(now\\)' });
    expect(ignoringCase('4711')).toEqual({ operator: '|=', value: '4711' });
  });
});
