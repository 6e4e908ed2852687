// What happened in the shop, read from its log lines: each answered request and the steps of each order.
// Counting lines in the browser stands in for metric queries, hence the care about how many lines there are.
import {
  compareNs,
  type Direction,
  msToNs,
  queryRange,
  type RangeQuery,
} from '../../datasources/loki/client';
import type { LogEntry } from '../../datasources/loki/logLine';
import { printQuery } from '../../datasources/loki/logql';
import type { AbsoluteRange } from '../../lib/timeRange';

export const SHOP_SERVICES = ['user-service', 'product-service', 'order-service'] as const;

export type ActivityKind =
  | 'request'
  | 'order.created'
  | 'order.paid'
  | 'payment.authorized'
  | 'payment.declined'
  | 'payment.failed';

export interface ActivityEvent {
  timeMs: number;
  service: string;
  kind: ActivityKind;
  /** Of a request. */
  status: number;
  durationMs: number;
  /** Of an order. */
  amount: number;
  currency: string;
}

export interface Activity {
  events: readonly ActivityEvent[];
  /** From here on nothing is missing. Later than the start of the range when there were too many lines. */
  completeFromMs: number;
  toMs: number;
}

const KINDS: Record<string, ActivityKind> = {
  'http.request': 'request',
  'order.created': 'order.created',
  'order.paid': 'order.paid',
  'payment.authorized': 'payment.authorized',
  'payment.declined': 'payment.declined',
  'payment.failed': 'payment.failed',
};

/** Decided on the raw text, so that lines of other events never leave the store. */
const INTERESTING = String.raw`"event":"(http\.request|order\.created|order\.paid|payment\.)`;

export function toEvent(entry: LogEntry): ActivityEvent | undefined {
  const fields = new Map(entry.fields?.map((field) => [field.name, field.value]));
  const kind = KINDS[fields.get('event') ?? ''];
  if (!kind) {
    return undefined;
  }
  const number = (name: string) => Number(fields.get(name) ?? 0) || 0;
  return {
    timeMs: entry.timeMs,
    service: entry.service,
    kind,
    status: number('status'),
    durationMs: number('duration_ms'),
    amount: number('amount'),
    currency: fields.get('currency') ?? '',
  };
}

/** Lines may reach the store a little late: the newest seconds are read again with each refresh. */
const SETTLING_MS = 10_000;
const PAGE_LINES = 5000;
const MOST_PAGES = 4;

type Fetch = (query: RangeQuery, signal: AbortSignal) => Promise<LogEntry[]>;

/** Reads one service's activity and remembers it, so that a refresh only asks for what is new. */
export class ActivityReader {
  private events: ActivityEvent[] = [];
  private known: AbsoluteRange | undefined;

  constructor(
    private readonly service: string,
    private readonly fetchPage: Fetch = queryRange,
  ) {}

  async read(range: AbsoluteRange, signal: AbortSignal): Promise<Activity> {
    const fromMs = this.continuation(range) ?? range.fromMs;
    const fresh = await this.fetchAll(fromMs, range.toMs, signal);
    const complete = fresh.completeFromMs <= fromMs;
    const kept = complete
      ? this.events.filter((event) => event.timeMs >= range.fromMs && event.timeMs < fromMs)
      : [];
    const startMs =
      complete && this.known && fromMs > range.fromMs
        ? Math.max(range.fromMs, this.known.fromMs)
        : fresh.completeFromMs;
    this.events = [...kept, ...fresh.events];
    this.known = { fromMs: startMs, toMs: range.toMs };
    return { events: this.events, completeFromMs: startMs, toMs: range.toMs };
  }

  /** Where to go on from, when the range is the known one moved forward. */
  private continuation(range: AbsoluteRange): number | undefined {
    const { known } = this;
    const follows =
      known && range.fromMs >= known.fromMs && range.fromMs < known.toMs && range.toMs >= known.toMs;
    return follows ? Math.max(range.fromMs, known.toMs - SETTLING_MS) : undefined;
  }

  private async fetchAll(fromMs: number, toMs: number, signal: AbortSignal): Promise<Activity> {
    const direction: Direction = 'backward';
    const query = printQuery({
      matchers: [{ label: 'service_name', operator: '=', value: this.service }],
      lineFilters: [{ operator: '|~', value: INTERESTING }],
      rest: '',
    });
    const startNs = msToNs(fromMs);
    let endNs = msToNs(toMs);
    const events: ActivityEvent[] = [];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const entries = await this.fetchPage({ query, startNs, endNs, limit: PAGE_LINES, direction }, signal);
      events.push(...entries.flatMap((entry) => toEvent(entry) ?? []));
      const oldest = entries.at(-1)?.timestampNs;
      if (entries.length < PAGE_LINES || oldest === undefined || compareNs(oldest, endNs) >= 0) {
        return { events, completeFromMs: fromMs, toMs };
      }
      endNs = oldest;
    }
    return { events, completeFromMs: Number(endNs.slice(0, -6)), toMs };
  }
}

export function mergeActivities(activities: readonly Activity[]): Activity {
  return {
    events: activities.flatMap((activity) => activity.events),
    completeFromMs: Math.max(...activities.map((activity) => activity.completeFromMs)),
    toMs: Math.max(...activities.map((activity) => activity.toMs)),
  };
}
