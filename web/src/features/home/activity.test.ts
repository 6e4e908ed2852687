import { describe, expect, test } from 'vitest';
import type { RangeQuery } from '../../datasources/loki/client';
import { type LogEntry, parseEntry } from '../../datasources/loki/logLine';
import { ActivityReader, toEvent } from './activity';

const T0 = 1_700_000_000_000;

function line(timeMs: number, fields: Record<string, unknown> = {}): LogEntry {
  const text = JSON.stringify({
    service: 'order-service',
    event: 'http.request',
    status: 200,
    duration_ms: 5,
    ...fields,
  });
  return parseEntry(`${timeMs}000000`, text, {});
}

/** A store with these lines that answers as Loki does, newest first, and remembers what it was asked. */
function store(lines: LogEntry[]) {
  const asked: RangeQuery[] = [];
  const fetchPage = (query: RangeQuery) => {
    asked.push(query);
    const matching = lines.filter(
      (entry) => entry.timestampNs >= query.startNs && entry.timestampNs < query.endNs,
    );
    return Promise.resolve(matching.sort((a, b) => b.timeMs - a.timeMs).slice(0, query.limit));
  };
  return { asked, fetchPage };
}

const signal = new AbortController().signal;

describe('ActivityReader', () => {
  test('a refresh asks only for what is new, and finds late lines of the last seconds', async () => {
    const lines = [line(T0 + 1000), line(T0 + 50_000)];
    const { asked, fetchPage } = store(lines);
    const reader = new ActivityReader('order-service', fetchPage);
    await reader.read({ fromMs: T0, toMs: T0 + 60_000 }, signal);
    lines.push(line(T0 + 55_000), line(T0 + 65_000));
    const activity = await reader.read({ fromMs: T0 + 10_000, toMs: T0 + 70_000 }, signal);
    expect(activity.events.map((event) => event.timeMs).sort()).toEqual([
      T0 + 50_000,
      T0 + 55_000,
      T0 + 65_000,
    ]);
    expect(activity.completeFromMs).toBe(T0 + 10_000);
    expect(asked.at(-1)?.startNs).toBe(`${T0 + 50_000}000000`);
  });

  test('another range starts from nothing', async () => {
    const { asked, fetchPage } = store([line(T0 + 1000)]);
    const reader = new ActivityReader('order-service', fetchPage);
    await reader.read({ fromMs: T0, toMs: T0 + 60_000 }, signal);
    await reader.read({ fromMs: T0 - 60_000, toMs: T0 + 60_000 }, signal);
    expect(asked.at(-1)?.startNs).toBe(`${T0 - 60_000}000000`);
  });

  test('too many lines: the newest are counted, and it says from when', async () => {
    const many = Array.from({ length: 30_000 }, (_, index) => line(T0 + index));
    const { asked, fetchPage } = store(many);
    const activity = await new ActivityReader('order-service', fetchPage).read(
      { fromMs: T0, toMs: T0 + 30_000 },
      signal,
    );
    expect(asked).toHaveLength(4);
    expect(activity.events).toHaveLength(20_000);
    expect(activity.completeFromMs).toBe(T0 + 10_000);
  });

  test('a failed refresh loses nothing that was known', async () => {
    const lines = [line(T0 + 1000)];
    const working = store(lines);
    let broken = false;
    const reader = new ActivityReader('order-service', (query) =>
      broken ? Promise.reject(new Error('away')) : working.fetchPage(query),
    );
    await reader.read({ fromMs: T0, toMs: T0 + 60_000 }, signal);
    broken = true;
    await expect(reader.read({ fromMs: T0, toMs: T0 + 61_000 }, signal)).rejects.toThrow('away');
    broken = false;
    const activity = await reader.read({ fromMs: T0, toMs: T0 + 62_000 }, signal);
    expect(activity.events).toHaveLength(1);
  });
});

test('events of no interest are left out', () => {
  expect(toEvent(line(T0, { event: 'product.viewed' }))).toBeUndefined();
  expect(toEvent(parseEntry('1', 'text', {}))).toBeUndefined();
  expect(toEvent(line(T0, { event: 'order.paid', amount: 12.5, currency: 'EUR' }))).toMatchObject({
    kind: 'order.paid',
    amount: 12.5,
    currency: 'EUR',
  });
});
