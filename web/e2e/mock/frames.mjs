// `/api/ds/query` with made-up figures: the same for the same query, so that pictures can be compared.
import { createHash } from 'node:crypto';
import { logLines, search, trace } from './answers.mjs';
import { SERVICES } from './shop.mjs';

const VALUES = {
  job: ['ecommerce'],
  service_name: SERVICES,
  level: ['error', 'info', 'warn'],
  event: [
    'order.paid',
    'product.viewed',
    'user.login.succeeded',
    'product.searched',
    'payment.declined',
    'user.registered',
  ],
  route: ['/products/{id}', '/products/search', '/orders', '/auth/login', '/orders/{id}/pay', '/users/{id}'],
  status: ['200', '201', '401', '404', '500'],
  product_id: ['1', '7', '12', '23', '31', '40'],
  category: ['lamps', 'chairs', 'desks', 'rugs'],
  reason: ['bad_password', 'out_of_stock', 'gateway_timeout'],
  decline_code: ['insufficient_funds', 'expired_card', 'do_not_honor'],
  method: ['GET', 'POST', 'PUT'],
  code: ['OUT_OF_STOCK', 'PAYMENT_DECLINED', 'NOT_FOUND'],
  query: ['lamp', 'chair', 'desk', 'carpet'],
  'span.http.route': ['/orders', '/products/{id}', '/auth/login', '/inventory/reserve'],
  'resource.service.name': SERVICES,
  service: SERVICES,
  span_name: ['create_order', 'process_payment', 'search_products', 'login'],
};

function noise(text, at) {
  const hash = createHash('md5').update(text).digest();
  const base = 0.4 + hash[0] / 256;
  return base * (1 + 0.35 * Math.sin(at / 180_000 + hash[1]) + 0.12 * Math.sin(at / 21_000 + hash[2]));
}

/** The labels that a metric query keeps. */
function groupsOf(expr) {
  if (/by\s*\(le\)/.test(expr) && !expr.includes('histogram_quantile')) {
    return ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '+Inf'].map((le) => ({ le }));
  }
  const labels = [...expr.matchAll(/by\s*\(([^)]*)\)/g)]
    .map(([, list]) =>
      list
        .split(',')
        .map((label) => label.trim())
        .filter(Boolean),
    )
    .find((list) => list.some((label) => label !== 'le'));
  if (!labels) {
    return [{}];
  }
  return labels
    .filter((label) => label !== 'le')
    .reduce(
      (rows, label) =>
        rows.flatMap((row) => (VALUES[label] ?? ['a', 'b']).map((value) => ({ ...row, [label]: value }))),
      [{}],
    )
    .filter((row) => chosen(expr, row))
    .slice(0, 12);
}

/** Matchers of the query hold for made-up labels, too: a variable that changes must change the panels. */
function chosen(expr, labels) {
  return Object.entries(labels).every(([name, value]) =>
    [...expr.matchAll(new RegExp(`[{,&\\s]${name.replaceAll('.', '\\.')}\\s*=~?\\s*"([^"]*)"`, 'g'))].every(
      ([, pattern]) =>
        pattern === name || new RegExp(`^(?:${pattern.replaceAll('\\\\', '\\')})$`).test(value),
    ),
  );
}

function scaleOf(expr) {
  if (/quantile|latency|duration|seconds/.test(expr)) {
    return /duration_ms/.test(expr) ? 60 : 0.06;
  }
  if (/unwrap amount/.test(expr)) {
    return 900;
  }
  return /count_over_time|increase|\[\$?__range/.test(expr) ? 120 : 1.4;
}

function named(template, labels) {
  return template?.replace(/\{\{\s*\.?([\w.]+)\s*\}\}/g, (_, name) => labels[name] ?? '') || undefined;
}

function metricFrames(query, fromMs, toMs) {
  const expr = query.expr ?? query.query ?? '';
  const ratio = /\)\s*\/\s*\(?\s*sum|\* 100/.test(expr);
  const scale = ratio ? (/100/.test(expr) ? 60 : 0.6) : scaleOf(expr);
  const instant =
    query.queryType === 'instant' || query.instant === true || query.metricsQueryType === 'instant';
  const step = Math.max(1000, Math.floor((toMs - fromMs) / Math.min(query.maxDataPoints ?? 100, 120)));
  if (query.format === 'table') {
    return [tableFrame(query, expr, scale, toMs)];
  }
  return groupsOf(expr).map((labels, place) => {
    // Buckets hold what the smaller ones hold, and more.
    const grown = labels.le ? (place + 1) * (1 + place / 3) : 1;
    const key = JSON.stringify(labels);
    const times = instant ? [toMs] : range(Math.ceil(fromMs / step) * step, toMs, step);
    const values = times.map((at) => Number((noise(key + expr, at) * scale * grown).toFixed(3)));
    const config = { displayNameFromDS: named(query.legendFormat, labels) };
    return {
      schema: {
        refId: query.refId,
        meta: { type: 'timeseries-multi', typeVersion: [0, 1], executedQueryString: expr },
        fields: [
          { name: 'Time', type: 'time', typeInfo: { frame: 'time.Time' } },
          { name: 'Value', type: 'number', typeInfo: { frame: 'float64' }, labels, config },
        ],
      },
      data: { values: [times, values] },
    };
  });
}

function tableFrame(query, expr, scale, toMs) {
  const rows = groupsOf(expr);
  const names = Object.keys(rows[0] ?? {});
  return {
    schema: {
      refId: query.refId,
      fields: [
        { name: 'Time', type: 'time' },
        ...names.map((name) => ({ name, type: 'string' })),
        { name: `Value #${query.refId}`, type: 'number' },
      ],
    },
    data: {
      values: [
        rows.map(() => toMs),
        ...names.map((name) => rows.map((row) => row[name])),
        rows.map((row) => Number((noise(JSON.stringify(row) + expr, toMs) * scale).toFixed(4))),
      ],
    },
  };
}

function range(from, to, step) {
  return Array.from(
    { length: Math.max(0, Math.floor((to - from) / step)) },
    (_, index) => from + index * step,
  );
}

function logFrames(shop, query, fromMs, toMs) {
  const lines = logLines(shop, query.expr, fromMs, toMs)?.slice(0, query.maxLines || 200) ?? [];
  return [
    {
      schema: {
        refId: query.refId,
        meta: {
          custom: { frameType: 'LabeledTimeValues' },
          preferredVisualisationType: 'logs',
          executedQueryString: query.expr,
        },
        fields: [
          { name: 'labels', type: 'other', typeInfo: { frame: 'json.RawMessage' } },
          { name: 'Time', type: 'time', typeInfo: { frame: 'time.Time' } },
          { name: 'Line', type: 'string', typeInfo: { frame: 'string' } },
          { name: 'tsNs', type: 'string', typeInfo: { frame: 'string' } },
          { name: 'labelTypes', type: 'other', typeInfo: { frame: 'json.RawMessage' } },
          { name: 'id', type: 'string', typeInfo: { frame: 'string' } },
        ],
      },
      data: {
        values: [
          lines.map((line) => line.labels),
          lines.map((line) => Math.floor(line.timeMs)),
          lines.map((line) => line.text),
          lines.map((line) => `${Math.floor(line.timeMs)}000000`),
          lines.map((line) => Object.fromEntries(Object.keys(line.labels).map((name) => [name, 'I']))),
          lines.map((_, index) => `line-${index}`),
        ],
      },
    },
  ];
}

function searchFrames(shop, query, fromMs, toMs) {
  const parameters = new URLSearchParams({
    start: String(Math.floor(fromMs / 1000)),
    end: String(Math.ceil(toMs / 1000)),
    limit: String(query.limit ?? 20),
  });
  const { traces } = search(shop, parameters).json;
  return [
    {
      schema: {
        name: 'Traces',
        refId: query.refId,
        meta: { preferredVisualisationType: 'table' },
        fields: [
          { name: 'traceID', type: 'string', config: { displayNameFromDS: 'Trace ID' } },
          { name: 'startTime', type: 'time', config: { displayNameFromDS: 'Start time' } },
          { name: 'traceService', type: 'string', config: { displayNameFromDS: 'Service' } },
          { name: 'traceName', type: 'string', config: { displayNameFromDS: 'Name' } },
          { name: 'traceDuration', type: 'number', config: { displayNameFromDS: 'Duration', unit: 'ms' } },
        ],
      },
      data: {
        values: [
          traces.map((found) => found.traceID),
          traces.map((found) => Number(found.startTimeUnixNano.slice(0, -6))),
          traces.map((found) => found.rootServiceName),
          traces.map((found) => found.rootTraceName),
          traces.map((found) => found.durationMs),
        ],
      },
    },
  ];
}

const hex = (base64) => Buffer.from(base64 ?? '', 'base64').toString('hex');
const plain = ({ key, value }) => ({ key, value: Object.values(value)[0] });

function traceFrames(shop, query, nowMs) {
  const { json } = trace(shop, query.query.trim().padStart(32, '0'), nowMs);
  const spans = (json.trace.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ span, resource }))),
  );
  const names = [
    'traceID',
    'spanID',
    'parentSpanID',
    'operationName',
    'serviceName',
    'kind',
    'statusCode',
    'statusMessage',
  ];
  const text = (of) => spans.map(of);
  return [
    {
      schema: {
        name: 'Trace',
        refId: query.refId,
        meta: { preferredVisualisationType: 'trace' },
        fields: [
          ...names.map((name) => ({ name, type: name === 'statusCode' ? 'number' : 'string' })),
          { name: 'serviceTags', type: 'other' },
          { name: 'startTime', type: 'number' },
          { name: 'duration', type: 'number' },
          { name: 'tags', type: 'other' },
        ],
      },
      data: {
        values: [
          text(({ span }) => hex(span.traceId)),
          text(({ span }) => hex(span.spanId)),
          text(({ span }) => hex(span.parentSpanId)),
          text(({ span }) => span.name),
          text(({ resource }) => resource.attributes[0].value.stringValue),
          text(({ span }) => span.kind.replace('SPAN_KIND_', '').toLowerCase()),
          text(({ span }) => (span.status.code ? 2 : 0)),
          text(({ span }) => span.status.message ?? ''),
          text(({ resource }) => resource.attributes.map(plain)),
          text(({ span }) => Number(span.startTimeUnixNano) / 1e6),
          text(({ span }) => (Number(span.endTimeUnixNano) - Number(span.startTimeUnixNano)) / 1e6),
          text(({ span }) => span.attributes.map(plain)),
        ],
      },
    },
  ];
}

const METRIC =
  /(rate|_over_time|increase|quantile|sum|avg|max|min|count|topk|histogram)\w*\s*(by\s*\([^)]*\)\s*)?\(/;

export function dsQuery(shop, { queries, from, to }, nowMs) {
  const fromMs = Number(from);
  const toMs = Number(to);
  const results = {};
  for (const query of queries) {
    const expr = query.expr ?? (typeof query.query === 'string' ? query.query : '');
    const { type } = query.datasource;
    try {
      let frames;
      if (type === 'tempo' && /^[0-9a-f]{8,32}$/i.test(expr.trim())) {
        frames = traceFrames(shop, query, nowMs);
      } else if (METRIC.test(expr)) {
        frames = metricFrames(query, fromMs, toMs);
      } else if (type === 'tempo') {
        frames = searchFrames(shop, query, fromMs, toMs);
      } else {
        frames = logFrames(shop, query, fromMs, toMs);
      }
      results[query.refId] = { status: 200, frames };
    } catch (error) {
      results[query.refId] = { status: 400, error: String(error), errorSource: 'downstream' };
    }
  }
  return { json: { results } };
}

/** Who calls whom, for the service graph. */
export function instantVector(expression) {
  const edges = [
    ['traffic-generator', 'user-service', 0.9],
    ['traffic-generator', 'product-service', 1.6],
    ['traffic-generator', 'order-service', 0.7],
    ['order-service', 'user-service', 0.6],
    ['order-service', 'product-service', 0.6],
    ['user-service', 'product-service', 0.2],
  ];
  const value = (rate) => {
    if (expression.includes('failed')) {
      return rate * 0.04;
    }
    return expression.includes('_sum') ? rate * 0.035 : rate;
  };
  const result = edges.map(([client, server, rate]) => ({
    metric: { client, server },
    value: [Date.now() / 1000, String(value(rate))],
  }));
  return { json: { status: 'success', data: { resultType: 'vector', result } } };
}
