// What Explore asks beyond the plain pages: volumes, numbers, metadata, patterns, TraceQL, and live lines.
import { createHash } from 'node:crypto';
import { queryRange, search } from './answers.mjs';
import { SERVICES } from './shop.mjs';

const DATA_SOURCES = [
  { id: 1, uid: 'loki', name: 'Loki', type: 'loki', isDefault: true, jsonData: {} },
  { id: 2, uid: 'tempo', name: 'Tempo', type: 'tempo', isDefault: false, jsonData: {} },
];
const data = (list) => ({ json: { status: 'success', data: list } });

export function explored(path, parameters, shop) {
  switch (path) {
    case '/api/datasources':
      return { json: DATA_SOURCES };
    case 'loki/api/v1/query_range':
      return logs(parameters, shop);
    case 'loki/api/v1/labels':
      return data(['job', 'level', 'service_name']);
    case 'loki/api/v1/label/job/values':
      return data(['ecommerce']);
    case 'loki/api/v1/detected_fields':
      return {
        json: {
          fields: ['status', 'event', 'duration_ms'].map((label) => ({
            label,
            type: 'string',
            cardinality: 3,
            parsers: ['json'],
          })),
        },
      };
    case 'loki/api/v1/patterns':
      return data([
        {
          pattern: '<_> POST /orders <_>',
          level: 'info',
          samples: [10, 20, 15, 30].map((n, i) => [1700000000 + i * 60, n]),
        },
        {
          pattern: 'payment gateway gave no answer',
          level: 'error',
          samples: [1, 0, 2, 1].map((n, i) => [1700000000 + i * 60, n]),
        },
      ]);
    case 'api/search':
      return parameters.get('q') === null ? undefined : traceql(parameters, shop);
    case 'api/metrics/query_range':
      return metrics(parameters);
    case 'api/v2/search/tags':
      return {
        json: {
          scopes: [
            { name: 'resource', tags: ['service.name'] },
            { name: 'span', tags: ['http.route', 'user.id'] },
          ],
        },
      };
    default: {
      const tag = /^api\/v2\/search\/tag\/(.+)\/values$/.exec(path)?.[1];
      return tag && { json: { tagValues: valuesOf(decodeURIComponent(decodeURIComponent(tag))) } };
    }
  }
}

function valuesOf(tag) {
  const values = {
    'resource.service.name': SERVICES,
    name: ['create_order', 'login', 'process_payment', 'search_products'],
    status: ['error', 'ok', 'unset'],
  }[tag];
  return (values ?? []).map((value) => ({ type: tag === 'status' ? 'keyword' : 'string', value }));
}

function logs(parameters, shop) {
  const query = parameters.get('query') ?? '';
  if (query.includes('syntax error')) {
    return { status: 400, text: 'parse error at line 1, col 9: syntax error: unexpected IDENTIFIER' };
  }
  const inner = /count_over_time\((.*)\[[^\]]+\]\)|rate\((.*)\[[^\]]+\]\)/s.exec(query);
  if (!inner) {
    return undefined;
  }
  const by =
    /by \(([^)]*)\)/
      .exec(query)?.[1]
      .split(',')
      .map((label) => label.trim()) ?? [];
  const start = Number(parameters.get('start').slice(0, -6));
  const end = Number(parameters.get('end').slice(0, -6));
  const step = Number(parameters.get('step')) * 1000;
  const all = new URLSearchParams({
    query: (inner[1] ?? inner[2]).replace('| drop __error__', ''),
    start: parameters.get('start'),
    end: parameters.get('end'),
    limit: '100000',
  });
  const answer = queryRange(shop, all);
  const series = new Map();
  for (const { stream, values } of answer.json?.data.result ?? []) {
    const metric = Object.fromEntries(
      by.filter((label) => stream[label]).map((label) => [label, stream[label]]),
    );
    const key = JSON.stringify(metric);
    const counts = series.get(key) ?? new Map();
    for (const [ns] of values) {
      const bucket = Math.ceil((Number(ns.slice(0, -6)) + 1) / step) * step;
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    series.set(key, counts);
  }
  const result = [...series].map(([key, counts]) => ({
    metric: JSON.parse(key),
    values: [...counts]
      .sort(([a], [b]) => a - b)
      .filter(([at]) => at >= start && at <= end + step)
      .map(([at, count]) => [at / 1000, String(count)]),
  }));
  return {
    json: {
      status: 'success',
      data: {
        resultType: 'matrix',
        result,
        stats: { summary: { execTime: 0.01, totalLinesProcessed: 4000 } },
      },
    },
  };
}

function traceql(parameters, shop) {
  const q = parameters.get('q');
  if (q.includes('syntax error')) {
    return {
      status: 400,
      text: 'invalid TraceQL query: parse error at line 1, col 3: syntax error: unexpected IDENTIFIER',
    };
  }
  const tags = [];
  const service = /resource\.service\.name\s*=\s*"([^"]+)"/.exec(q)?.[1];
  const name = /(?:^|[^.\w])name\s*=\s*"([^"]+)"/.exec(q)?.[1];
  if (service) tags.push(`service.name=${service}`);
  if (name) tags.push(`name=${name}`);
  if (/status\s*=\s*error/.test(q)) tags.push('status=error');
  const plain = new URLSearchParams(parameters);
  plain.delete('q');
  plain.set('tags', tags.join(' '));
  const { json } = search(shop, plain);
  const traces = json.traces.map((trace) => ({
    ...trace,
    spanSets: [
      {
        matched: 2,
        spans: [
          {
            spanID: '00f067aa0ba902b7',
            name: trace.rootTraceName,
            startTimeUnixNano: trace.startTimeUnixNano,
            durationNanos: String(trace.durationMs * 1e6),
            attributes: [{ key: 'status', value: { stringValue: 'error' } }],
          },
        ],
      },
    ],
  }));
  return { json: { traces, metrics: { inspectedTraces: traces.length, inspectedBytes: '12345' } } };
}

function metrics(parameters) {
  const [start, end] = [Number(parameters.get('start')), Number(parameters.get('end'))];
  const series = SERVICES.map((service, index) => ({
    labels: [{ key: 'resource.service.name', value: { stringValue: service } }],
    samples: Array.from({ length: 60 }, (_, at) => ({
      timestampMs: String(Math.round((start + ((end - start) * at) / 60) * 1000)),
      value: 2 + index + Math.sin(at / 6 + index),
    })),
  }));
  return { json: { series, metrics: {} } };
}

/** The WebSocket of the live tail: a line or two each quarter of a second. */
export function upgradeTail(request, socket, shop) {
  const url = new URL(request.url, 'http://mock');
  if (!url.pathname.endsWith('/loki/api/v1/tail')) {
    socket.destroy();
    return;
  }
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let last = Date.now() - 5000;
  const timer = setInterval(() => {
    const now = Date.now();
    const window = new URLSearchParams({
      query: url.searchParams.get('query'),
      start: `${last}000000`,
      end: `${now}000000`,
      limit: '100',
    });
    last = now;
    const { json } = queryRange(shop, window);
    const streams = json?.data.result ?? [];
    if (streams.length > 0) {
      socket.write(textFrame(JSON.stringify({ streams })));
    }
  }, 250);
  const stop = () => {
    clearInterval(timer);
    socket.destroy();
  };
  socket.on('data', (bytes) => (bytes[0] & 0x0f) === 8 && stop());
  socket.on('close', stop);
  socket.on('error', stop);
}

function textFrame(text) {
  const body = Buffer.from(text);
  const head =
    body.length < 126
      ? Buffer.from([0x81, body.length])
      : body.length < 65536
        ? Buffer.from([0x81, 126, body.length >> 8, body.length & 255])
        : Buffer.concat([Buffer.from([0x81, 127]), bigEndian(body.length)]);
  return Buffer.concat([head, body]);
}

function bigEndian(length) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}
