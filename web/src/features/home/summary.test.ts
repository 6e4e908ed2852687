import { describe, expect, test } from 'vitest';
import type { Activity, ActivityEvent } from './activity';
import { quantile, ratesOf, stepFor, summarize, totalOf } from './summary';

const T0 = 1_700_000_000_000;

function event(offsetMs: number, part: Partial<ActivityEvent> = {}): ActivityEvent {
  return {
    timeMs: T0 + offsetMs,
    service: 'order-service',
    kind: 'request',
    status: 200,
    durationMs: 10,
    amount: 0,
    currency: '',
    ...part,
  };
}

const activity = (lengthMs: number, ...events: ActivityEvent[]): Activity => ({
  events,
  completeFromMs: T0,
  toMs: T0 + lengthMs,
});

describe('summarize', () => {
  test('figures of the shop', () => {
    const summary = summarize(
      activity(
        10_000,
        event(1),
        event(2, { status: 503, durationMs: 90 }),
        event(3, { status: 404 }),
        event(4, { kind: 'order.created' }),
        event(5, { kind: 'order.paid', amount: 20.5, currency: 'EUR' }),
        event(6, { kind: 'order.paid', amount: 10, currency: 'EUR' }),
        event(7, { kind: 'payment.authorized' }),
        event(8, { kind: 'payment.declined' }),
        event(-5, { status: 500 }),
      ),
    );
    expect(summary).toMatchObject({
      requests: 3,
      perSecond: 0.3,
      serverErrors: 1,
      medianMs: 10,
      p95Ms: 90,
      ordersCreated: 1,
      ordersPaid: 2,
      paymentsTried: 2,
      paymentsDeclined: 1,
      paymentRatio: 0.5,
      revenue: 30.5,
      currency: 'EUR',
    });
    expect(summary.errorRatio).toBeCloseTo(1 / 3);
  });

  test('the pace is that of the last minute', () => {
    const requests = [event(1000), event(100_000), event(110_000), event(119_000)];
    expect(summarize(activity(120_000, ...requests))).toMatchObject({ requests: 4, perSecond: 0.05 });
  });

  test('nothing happened', () => {
    expect(summarize(activity(1000))).toMatchObject({
      requests: 0,
      errorRatio: undefined,
      p95Ms: undefined,
      paymentRatio: undefined,
      revenue: 0,
    });
  });
});

test('quantiles by nearest rank', () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect([quantile(values, 0), quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1)]).toEqual([
    1, 5, 10, 10,
  ]);
  expect(quantile([], 0.5)).toBeUndefined();
});

describe('rates', () => {
  test('steps suit the range', () => {
    expect(stepFor(0, 15 * 60_000)).toBe(15_000);
    expect(stepFor(0, 3_600_000)).toBe(60_000);
    expect(stepFor(0, 90 * 86_400_000)).toBe(86_400_000);
  });

  test('a step that has only begun says nothing, a half one is scaled', () => {
    const start = Math.ceil(T0 / 5000) * 5000;
    const data: Activity = {
      events: [event(start - T0), event(start - T0 + 1), event(start - T0 + 5001)],
      completeFromMs: start,
      toMs: start + 11_000,
    };
    const rates = ratesOf(data, ['order-service', 'user-service'], (each) => each.service);
    expect(rates.byName.get('order-service')).toEqual([0.4, 0.2, null]);
    expect(rates.byName.get('user-service')).toEqual([0, 0, null]);
    expect(totalOf(rates)).toEqual([0.4, 0.2, null]);
    const half = ratesOf({ ...data, toMs: start + 8000 }, ['order-service'], (each) => each.service);
    expect(half.byName.get('order-service')?.[1]).toBeCloseTo(1 / 3);
  });
});
