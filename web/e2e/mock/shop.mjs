// A made-up shop with a past: traces, and the log lines that belong to them, the same for every seed.
import { createHash } from 'node:crypto';

const SERVICES = ['user-service', 'product-service', 'order-service', 'traffic-generator'];

function randomSource(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

const digest = (text) => createHash('sha256').update(text).digest('hex');

export class Shop {
  constructor({ seed = 7, perSecond = 2 } = {}) {
    this.seed = seed;
    this.perSecond = perSecond;
    this.orders = [];
  }

  /** An order of the user's own: its trace id. */
  order(atMs) {
    const builder = new ScenarioBuilder(
      digest(`order ${atMs} ${this.orders.length}`).slice(0, 32),
      atMs,
      () => 0.5,
    );
    checkout(builder, () => 0.5);
    const scenario = builder.finish();
    this.orders.push(scenario);
    return scenario.traceId;
  }

  /** Everything that happened between two moments (milliseconds). */
  between(fromMs, toMs) {
    const step = 1000 / this.perSecond;
    const scenarios = [];
    for (let at = this.perSecond > 0 ? Math.ceil(fromMs / step) * step : toMs; at < toMs; at += step) {
      scenarios.push(scenarioAt(this.seed, at));
    }
    scenarios.push(...this.orders.filter((order) => order.startMs >= fromMs && order.startMs < toMs));
    return scenarios;
  }

  trace(traceId, nowMs) {
    return this.between(nowMs - 3_600_000, nowMs).find((scenario) => scenario.traceId === traceId);
  }
}

function scenarioAt(seed, atMs) {
  const id = digest(`${seed} ${atMs}`);
  const random = randomSource(Number.parseInt(id.slice(0, 8), 16));
  const builder = new ScenarioBuilder(id.slice(0, 32), atMs + random() * 200, random);
  const kind = random();
  if (kind < 0.3) {
    checkout(builder, random);
  } else if (kind < 0.6) {
    browse(builder, random);
  } else {
    login(builder, random);
  }
  return builder.finish();
}

class ScenarioBuilder {
  constructor(traceId, startMs, random) {
    this.traceId = traceId;
    this.startMs = startMs;
    this.random = random;
    this.spans = [];
    this.lines = [];
  }

  span(parent, service, name, kind, offsetMs, durationMs, extra = {}) {
    const span = {
      spanId: digest(`${this.traceId} ${this.spans.length}`).slice(0, 16),
      parentId: parent?.spanId ?? '',
      service,
      name,
      kind,
      startMs: this.startMs + offsetMs,
      durationMs,
      status: extra.status ?? 'unset',
      attributes: extra.attributes ?? {},
      events: extra.events ?? [],
    };
    this.spans.push(span);
    return span;
  }

  line(span, level, message, fields = {}) {
    const timeMs = span.startMs + span.durationMs;
    const object = {
      timestamp: new Date(timeMs).toISOString(),
      level,
      service: span.service,
      message,
      trace_id: this.traceId,
      span_id: span.spanId,
      ...fields,
    };
    this.lines.push({ timeMs, service: span.service, level, text: JSON.stringify(object) });
  }

  request(parent, service, method, route, offsetMs, durationMs, status) {
    const failed = status >= 500;
    const span = this.span(parent, service, `${method} ${route}`, 'SERVER', offsetMs, durationMs, {
      status: failed ? 'error' : 'unset',
      attributes: {
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': status,
        'url.path': route.replace('{id}', '7'),
        'server.address': '127.0.0.1',
      },
    });
    const level = failed ? 'error' : status >= 400 ? 'warn' : 'info';
    const path = route.replace('{id}', '7');
    this.line(span, level, `${method} ${path} ${status}`, {
      event: 'http.request',
      method,
      route,
      path,
      status,
      duration_ms: Number(durationMs.toFixed(3)),
      ...(failed ? { code: 'UPSTREAM_TIMEOUT', error: 'payment gateway did not answer in 2 s' } : {}),
    });
    return span;
  }

  finish() {
    const endMs = Math.max(...this.spans.map((span) => span.startMs + span.durationMs));
    return { traceId: this.traceId, startMs: this.startMs, endMs, spans: this.spans, lines: this.lines };
  }
}

function checkout(builder, random) {
  const fate = random();
  const failed = fate < 0.04;
  const declined = !failed && fate < 0.14;
  const total = failed ? 2080 : 60 + random() * 160;
  const root = builder.span(null, 'traffic-generator', 'scenario checkout', 'INTERNAL', 0, total + 12);
  const client = builder.span(root, 'traffic-generator', 'POST', 'CLIENT', 2, total + 6, {
    attributes: { 'server.address': '127.0.0.1', 'server.port': 8083 },
  });
  const status = failed ? 504 : declined ? 402 : 201;
  const server = builder.request(client, 'order-service', 'POST', '/orders', 4, total, status);
  const create = builder.span(server, 'order-service', 'create_order', 'INTERNAL', 6, total - 4, {
    status: failed ? 'error' : 'unset',
    attributes: { 'shop.order.id': 4711, 'shop.order.items': 2, 'user.id': 7 },
  });
  const validate = builder.span(create, 'order-service', 'validate_user', 'INTERNAL', 8, 14);
  const validateCall = builder.span(validate, 'order-service', 'GET', 'CLIENT', 9, 12);
  const user = builder.request(validateCall, 'user-service', 'GET', '/users/{id}', 11, 8, 200);
  builder.span(user, 'user-service', 'SELECT users', 'CLIENT', 13, 3, {
    attributes: {
      'db.system.name': 'sqlite',
      'db.query.text': 'SELECT id, email, status FROM users WHERE id = ?',
    },
  });
  const reserve = builder.span(create, 'order-service', 'reserve_inventory', 'INTERNAL', 24, 22);
  const reserveCall = builder.span(reserve, 'order-service', 'POST', 'CLIENT', 25, 20);
  const product = builder.request(reserveCall, 'product-service', 'POST', '/inventory/reserve', 27, 15, 201);
  builder.span(product, 'product-service', 'UPDATE inventory', 'CLIENT', 30, 9, {
    attributes: { 'db.system.name': 'sqlite', 'db.operation.name': 'UPDATE' },
  });
  const amount = Number((20 + random() * 180).toFixed(2));
  const payment = builder.span(create, 'order-service', 'process_payment', 'INTERNAL', 48, total - 50, {
    status: failed ? 'error' : 'unset',
    attributes: { 'shop.payment.outcome': failed ? 'timeout' : declined ? 'declined' : 'authorized' },
    events: failed
      ? [{ name: 'exception', offsetMs: total - 60, attributes: { 'exception.type': 'Timeout' } }]
      : [],
  });
  builder.line(create, 'info', 'order 4711 created', {
    event: 'order.created',
    order_id: 4711,
    amount,
    currency: 'EUR',
    items: 2,
  });
  if (failed) {
    builder.line(payment, 'error', 'payment gateway gave no answer', {
      event: 'payment.failed',
      order_id: 4711,
      amount,
    });
  } else if (declined) {
    builder.line(payment, 'warn', 'payment declined', {
      event: 'payment.declined',
      decline_code: 'insufficient_funds',
      amount,
    });
  } else {
    builder.line(payment, 'info', 'payment authorized', {
      event: 'payment.authorized',
      order_id: 4711,
      amount,
    });
    builder.line(create, 'info', 'order 4711 paid', {
      event: 'order.paid',
      order_id: 4711,
      amount,
      currency: 'EUR',
    });
  }
}

function browse(builder, random) {
  const slow = random() < 0.06;
  const total = slow ? 700 + random() * 600 : 6 + random() * 24;
  const root = builder.span(null, 'traffic-generator', 'scenario search', 'INTERNAL', 0, total + 4);
  const client = builder.span(root, 'traffic-generator', 'GET', 'CLIENT', 1, total + 2);
  const server = builder.request(client, 'product-service', 'GET', '/products/search', 2, total, 200);
  const search = builder.span(server, 'product-service', 'search_products', 'INTERNAL', 3, total - 2, {
    attributes: { 'shop.search.query': 'lamp', 'shop.search.results': 12 },
  });
  builder.span(search, 'product-service', 'SELECT products', 'CLIENT', 3.5, total - 3);
  builder.line(search, 'info', 'search for "lamp": 12 results', {
    event: 'product.searched',
    query: 'lamp',
    results: 12,
  });
}

function login(builder, random) {
  const refused = random() < 0.12;
  const total = 38 + random() * 30;
  const root = builder.span(null, 'traffic-generator', 'scenario login', 'INTERNAL', 0, total + 4);
  const client = builder.span(root, 'traffic-generator', 'POST', 'CLIENT', 1, total + 2);
  const server = builder.request(
    client,
    'user-service',
    'POST',
    '/auth/login',
    2,
    total,
    refused ? 401 : 200,
  );
  const span = builder.span(server, 'user-service', 'login', 'INTERNAL', 3, total - 2);
  if (refused) {
    builder.line(span, 'warn', 'login refused', { event: 'user.login.failed', reason: 'bad_password' });
  } else {
    builder.line(span, 'info', 'user 7 logged in', { event: 'user.login.succeeded', user_id: 7 });
  }
}

export { SERVICES };
