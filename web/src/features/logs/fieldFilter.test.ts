import { expect, test } from 'vitest';
import { parseEntry } from '../../datasources/loki/logLine';
import { EVERYTHING, printQuery } from '../../datasources/loki/logql';
import { applyFilter, canFilter, type FieldFilter } from './fieldFilter';

const line = '{"event":"order.created","amount":12.5,"text":"7","nested":{"a":"b"}}';
const entry = parseEntry('1', line, { level: 'info' });
const filter = (part: Partial<FieldFilter>): FieldFilter => ({
  kind: 'field',
  name: 'event',
  value: 'order.created',
  keep: true,
  ...part,
});

test.each([
  [filter({}), '{service_name=~".+"} |= `"event":"order.created"`'],
  [filter({ keep: false }), '{service_name=~".+"} != `"event":"order.created"`'],
  [filter({ name: 'amount', value: '12.5' }), '{service_name=~".+"} |= `"amount":12.5`'],
  [filter({ kind: 'label', name: 'level', value: 'info' }), '{level="info"}'],
  [
    filter({ kind: 'label', name: 'level', value: 'info', keep: false }),
    '{service_name=~".+", level!="info"}',
  ],
])('%j', (each, printed) => {
  expect(printQuery(applyFilter(EVERYTHING, each))).toBe(printed);
});

test('only pairs that stand in the line as text can be filtered', () => {
  expect(canFilter(entry, filter({}))).toBe(true);
  expect(canFilter(entry, filter({ name: 'text', value: '7' }))).toBe(false);
  expect(canFilter(entry, filter({ name: 'nested.a', value: 'b' }))).toBe(false);
  expect(canFilter(entry, filter({ kind: 'label', name: 'level', value: 'info' }))).toBe(true);
});
