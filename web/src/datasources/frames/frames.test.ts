// @vitest-environment happy-dom
import { describe, expect, test } from 'vitest';
import { printSelectorWith } from './adhoc';
import { asPipe, asRegex, interpolateDeep } from './interpolate';
import { parseLokiVariable } from './LokiSource';
import { toFrames } from './serviceGraph';
import { findSource, GRAFANA, MIXED } from './settings';
import { filtersToTraceQl } from './traceQlFilters';

const SOURCES = [
  { uid: 'l1', name: 'Loki', type: 'loki', isDefault: true },
  { uid: 't1', name: 'Tempo', type: 'tempo' },
];

describe('references to data sources', () => {
  test.each([
    [{ uid: 't1' }, 't1'],
    ['Tempo', 't1'],
    [null, 'l1'],
    ['default', 'l1'],
    [{ type: 'tempo' }, 't1'],
    [{ uid: MIXED }, MIXED],
    [{ uid: 'grafana' }, GRAFANA],
    [{ uid: 'gone' }, undefined],
  ])('%j', (reference, uid) => expect(findSource(SOURCES, reference as never)?.uid).toBe(uid));
});

describe('values of variables in queries', () => {
  test.each([
    ['a.b', 'a.b'],
    [['a.b'], 'a\\\\.b'],
    [['a', 'b"c'], '(a|b\\"c)'],
  ])('as regular expression: %j', (value, text) => expect(asRegex(value)).toBe(text));

  test('side by side for TraceQL', () => expect(asPipe(['a', 'b'])).toBe('a|b'));

  test('all texts of a query are filled in', () => {
    const query = { expr: '$a', list: [{ value: '$a' }], limit: 2, none: null };
    expect(interpolateDeep(query, (text) => text.replace('$a', 'x'))).toEqual({
      expr: 'x',
      list: [{ value: 'x' }],
      limit: 2,
      none: null,
    });
  });
});

describe('ad hoc filters', () => {
  const filters = [{ key: 'level', operator: '=', value: 'error' }];
  test.each([
    ['{job="a"} |= "x"', '{job="a", level="error"} |= "x"'],
    ['rate({} [5m])', 'rate({level="error"} [5m])'],
    ['{a="}"} / {b=`{`}', '{a="}", level="error"} / {b=`{`, level="error"}'],
    ['{job="a"} | line_format "{{.x}}"', '{job="a", level="error"} | line_format "{{.x}}"'],
  ])('%s', (expr, expected) => expect(printSelectorWith(expr, filters)).toBe(expected));

  test('without filters the query stays as it is', () =>
    expect(printSelectorWith('{a="b"}', [])).toBe('{a="b"}'));
});

describe('what a Loki variable asks for', () => {
  test.each([
    ['label_names()', {}],
    ['label_values(level)', { label: 'level', stream: undefined }],
    ['label_values({job="a", b=~"x,y"}, level)', { label: 'level', stream: '{job="a", b=~"x,y"}' }],
    [
      { type: 1, label: 'level', stream: '{job="a"}' },
      { label: 'level', stream: '{job="a"}' },
    ],
    [{ type: 0 }, { label: undefined, stream: undefined }],
    [
      { query: 'label_values(level)', refId: 'A' },
      { label: 'level', stream: undefined },
    ],
  ])('%j', (query, expected) => expect(parseLokiVariable(query)).toEqual(expected));
});

test('filters of the search form become TraceQL', () => {
  const filters = [
    {
      id: '1',
      tag: 'service.name',
      scope: 'resource',
      operator: '=',
      value: ['a', 'b'],
      valueType: 'string',
    },
    { id: '2', tag: 'status', scope: 'intrinsic', operator: '=', value: 'error', valueType: 'keyword' },
    { id: '3', tag: 'duration', operator: '>', value: '100ms' },
    { id: '4', tag: 'empty', operator: '=', value: [] },
  ];
  expect(filtersToTraceQl(filters)).toBe('{resource.service.name=~"a|b" && status=error && duration>100ms}');
});

test('the service graph weighs latency by calls', () => {
  const [nodes, edges] = toFrames(
    [
      { client: 'a', server: 'c', rate: 3, failed: 0.3, seconds: 0.1 },
      { client: 'b', server: 'c', rate: 1, failed: 0, seconds: 0.5 },
    ],
    'A',
  );
  const column = (name: string) => nodes?.fields.find((field) => field.name === name)?.values;
  expect(column('id')).toEqual(['a', 'b', 'c']);
  expect(column('mainstat')?.[2]).toBeCloseTo(0.2);
  expect(column('secondarystat')).toEqual([3, 1, 4]);
  expect(column('arc__failed')?.[2]).toBeCloseTo(0.075);
  expect(edges?.length).toBe(2);
});
