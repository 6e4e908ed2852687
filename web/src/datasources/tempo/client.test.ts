import { describe, expect, test } from 'vitest';
import { isDuration, isTraceId, parseTags, printTags, summariesOf } from './client';

describe('tags', () => {
  test.each([
    ['', {}],
    ['http.route=/orders user.id=7', { 'http.route': '/orders', 'user.id': '7' }],
    ['name="two words"  a=b', { name: 'two words', a: 'b' }],
    [String.raw`q="say \"hi\""`, { q: 'say "hi"' }],
    ['empty=', { empty: '' }],
  ])('%s', (text, tags) => {
    expect(parseTags(text)).toEqual(tags);
    expect(parseTags(printTags(tags as Record<string, string>))).toEqual(tags);
  });

  test.each(['word', '=x', 'a="open', 'a=b"c', 'a="b"c'])('%s is refused', (text) => {
    expect(parseTags(text)).toBeUndefined();
  });
});

test('durations and ids', () => {
  expect(['100ms', '1.5s', '1m30s', '20µs'].every(isDuration)).toBe(true);
  expect(['', '5', 'ms', '1,5s', '-1s', '1 s'].some(isDuration)).toBe(false);
  expect(isTraceId('0AF7651916cd43dd8448eb211c80319c')).toBe(true);
  expect(['', 'xyz', 'a'.repeat(33)].some(isTraceId)).toBe(false);
});

test('search results: newest first, ids padded, missing roots empty', () => {
  const traces = summariesOf({
    traces: [
      {
        traceID: 'abc',
        rootServiceName: '<root span not yet received>',
        startTimeUnixNano: '1700000000000000000',
      },
      {
        traceID: '0af7651916cd43dd8448eb211c80319c',
        rootServiceName: 'order-service',
        rootTraceName: 'POST /orders',
        startTimeUnixNano: '1700000001000000000',
        durationMs: 12,
        serviceStats: { 'user-service': { spanCount: 2 }, 'order-service': { spanCount: 3, errorCount: 1 } },
      },
    ],
  });
  expect(traces).toEqual([
    {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      rootService: 'order-service',
      rootName: 'POST /orders',
      startMs: 1700000001000,
      durationMs: 12,
      spanCount: 5,
      errorCount: 1,
      services: ['order-service', 'user-service'],
    },
    expect.objectContaining({ traceId: 'abc'.padStart(32, '0'), rootService: '', durationMs: 0 }),
  ]);
  expect(summariesOf({})).toEqual([]);
});
