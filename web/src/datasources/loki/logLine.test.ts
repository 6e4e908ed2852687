import { describe, expect, test } from 'vitest';
import { parseEntry, summaryFields, toLevel } from './logLine';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const entry = (line: string, labels = {}) => parseEntry('1700000000123456789', line, labels);

test('a JSON line of the shop', () => {
  const parsed = entry(
    JSON.stringify({
      timestamp: '2026-11-24T08:00:00Z',
      level: 'warn',
      service: 'order-service',
      event: 'payment.declined',
      message: 'payment declined',
      trace_id: TRACE,
      span_id: 'b7ad6b7169203331',
      amount: 12.5,
      customer: { id: 7, tags: ['new'] },
    }),
    { service_name: 'other', level: 'info' },
  );
  expect(parsed).toMatchObject({
    timeMs: 1700000000123,
    service: 'order-service',
    level: 'warn',
    message: 'payment declined',
    traceId: TRACE,
    spanId: 'b7ad6b7169203331',
  });
  expect(summaryFields(parsed)).toEqual([
    { name: 'event', value: 'payment.declined' },
    { name: 'amount', value: '12.5' },
    { name: 'customer.id', value: '7' },
    { name: 'customer.tags', value: '["new"]' },
  ]);
});

describe('other lines', () => {
  test.each(['plain text', '{broken', '[1,2]', '{"a":', '"text"', 'null'])('%s is plain text', (line) => {
    expect(entry(line, { service_name: 'x', level: 'error' })).toMatchObject({
      message: line,
      service: 'x',
      level: 'error',
      fields: undefined,
      traceId: undefined,
    });
  });

  test('a trace id of the wrong form is no link', () => {
    expect(entry('{"trace_id":"0"}').traceId).toBeUndefined();
    expect(entry('{"trace_id":12}').traceId).toBeUndefined();
  });

  test('what the message says already is not repeated', () => {
    const line =
      '{"message":"GET /users/7 200","method":"GET","path":"/users/7","status":200,"duration_ms":2}';
    expect(summaryFields(entry(line))).toEqual([{ name: 'duration_ms', value: '2' }]);
  });
});

test.each([
  ['ERROR', 'error'],
  ['fatal', 'error'],
  ['Warning', 'warn'],
  ['trace', 'debug'],
  ['', 'unknown'],
  [undefined, 'unknown'],
])('level %s', (text, level) => {
  expect(toLevel(text)).toBe(level);
});
