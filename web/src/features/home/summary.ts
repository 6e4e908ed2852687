// Figures and series of the home page, computed from the shop's activity. No React in here.
import type { Activity, ActivityEvent } from './activity';

export interface ShopSummary {
  requests: number;
  /** Over the last minute: the pace of now, not of a long past. */
  perSecond: number;
  serverErrors: number;
  /** Undefined without requests. */
  errorRatio: number | undefined;
  medianMs: number | undefined;
  p95Ms: number | undefined;
  ordersCreated: number;
  ordersPaid: number;
  paymentsTried: number;
  paymentsDeclined: number;
  paymentRatio: number | undefined;
  revenue: number;
  currency: string;
}

const RECENT_MS = 60_000;
const DEFAULT_CURRENCY = 'USD';

export function isFailure(event: ActivityEvent): boolean {
  return event.kind === 'request' && event.status >= 500;
}

export function summarize(activity: Activity): ShopSummary {
  const events = activity.events.filter((event) => event.timeMs >= activity.completeFromMs);
  const of = (kind: ActivityEvent['kind']) => events.filter((event) => event.kind === kind);
  const requests = of('request');
  const serverErrors = requests.filter(isFailure).length;
  const durations = requests.map((request) => request.durationMs).sort((left, right) => left - right);
  const paid = of('order.paid');
  const authorized = of('payment.authorized').length;
  const declined = of('payment.declined').length + of('payment.failed').length;
  const recentMs = Math.max(1000, Math.min(RECENT_MS, activity.toMs - activity.completeFromMs));
  const recent = requests.filter((request) => request.timeMs >= activity.toMs - recentMs).length;
  return {
    requests: requests.length,
    perSecond: recent / (recentMs / 1000),
    serverErrors,
    errorRatio: requests.length > 0 ? serverErrors / requests.length : undefined,
    medianMs: quantile(durations, 0.5),
    p95Ms: quantile(durations, 0.95),
    ordersCreated: of('order.created').length,
    ordersPaid: paid.length,
    paymentsTried: authorized + declined,
    paymentsDeclined: declined,
    paymentRatio: authorized + declined > 0 ? authorized / (authorized + declined) : undefined,
    revenue: paid.reduce((sum, order) => sum + order.amount, 0),
    currency: paid.find((order) => order.currency)?.currency ?? DEFAULT_CURRENCY,
  };
}

/** Nearest rank over sorted values. */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Steps people can read off an axis, in milliseconds. */
const STEPS_MS = [
  5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000,
  21_600_000, 86_400_000,
];
const WANTED_POINTS = 60;

export function stepFor(fromMs: number, toMs: number): number {
  const ideal = (toMs - fromMs) / WANTED_POINTS;
  return STEPS_MS.find((step) => step >= ideal) ?? 86_400_000;
}

export interface RateSeries {
  /** Start of each step. */
  times: number[];
  stepMs: number;
  /** Per second; null where too little of a step is covered to say. */
  byName: Map<string, (number | null)[]>;
}

/** A step that is covered less than this cannot speak for its rate. */
const LEAST_COVERED = 0.5;

export function ratesOf(
  activity: Activity,
  names: readonly string[],
  nameOf: (event: ActivityEvent) => string | undefined,
): RateSeries {
  const stepMs = stepFor(activity.completeFromMs, activity.toMs);
  const first = Math.floor(activity.completeFromMs / stepMs) * stepMs;
  const length = Math.max(0, Math.ceil((activity.toMs - first) / stepMs));
  const times = Array.from({ length }, (_, index) => first + index * stepMs);
  const counts = new Map(names.map((name) => [name, new Array<number>(length).fill(0)]));
  for (const event of activity.events) {
    const name = nameOf(event);
    const series = name === undefined ? undefined : counts.get(name);
    const index = Math.floor((event.timeMs - first) / stepMs);
    if (series && event.timeMs >= activity.completeFromMs && index < length) {
      series[index] = (series[index] ?? 0) + 1;
    }
  }
  const coveredMs = times.map(
    (time) => Math.min(time + stepMs, activity.toMs) - Math.max(time, activity.completeFromMs),
  );
  const toRates = (series: readonly number[]) =>
    series.map((count, index) => {
      const covered = coveredMs[index] ?? 0;
      return covered < stepMs * LEAST_COVERED ? null : count / (covered / 1000);
    });
  return { times, stepMs, byName: new Map([...counts].map(([name, series]) => [name, toRates(series)])) };
}

/** All series in one. */
export function totalOf(series: RateSeries): (number | null)[] {
  return series.times.map((_, index) => {
    const values = [...series.byName.values()].map((rates) => rates[index] ?? null);
    return values.some((value) => value === null)
      ? null
      : values.reduce((sum: number, value) => sum + (value ?? 0), 0);
  });
}
