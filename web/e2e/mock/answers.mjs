// The shop's past in the words of the real APIs: Loki's streams, Tempo's search and traces.

const ns = (milliseconds) =>
  `${Math.floor(milliseconds)}${String(Math.floor((milliseconds % 1) * 1e6)).padStart(6, '0')}`;
const msOfNs = (text) => Number(String(text).slice(0, -6));

/** Just enough LogQL: a selector, then line filters. */
function parse(query) {
  const selector = /^\s*\{([^}]*)\}/.exec(query);
  if (!selector) {
    return undefined;
  }
  const string = (literal) => (literal.startsWith('`') ? literal.slice(1, -1) : JSON.parse(literal));
  const matchers = [...selector[1].matchAll(/(\w+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|`[^`]*`)/g)].map(
    ([, label, operator, value]) => ({ label, operator, value: string(value) }),
  );
  const filters = [
    ...query.slice(selector[0].length).matchAll(/(\|=|!=|\|~|!~)\s*("(?:[^"\\]|\\.)*"|`[^`]*`)/g),
  ].map(([, operator, value]) => ({ operator, value: string(value) }));
  return { matchers, filters };
}

const regex = (text) => new RegExp(text.replace('(?i)', ''), text.includes('(?i)') ? 'i' : '');

function matches({ matchers, filters }, labels, line) {
  const test = (operator, actual, value, whole) => {
    const pattern = whole ? new RegExp(`^(?:${value})$`) : regex(value);
    switch (operator) {
      case '=':
        return actual === value;
      case '|=':
        return actual.includes(value);
      case '!=':
        return whole ? actual !== value : !actual.includes(value);
      case '=~':
      case '|~':
        return pattern.test(actual);
      default:
        return !pattern.test(actual);
    }
  };
  return (
    matchers.every(({ label, operator, value }) => test(operator, labels[label] ?? '', value, true)) &&
    filters.every(({ operator, value }) => test(operator, line, value, false))
  );
}

/** Lines that match, newest first; undefined when the query cannot be read. */
export function logLines(shop, query, startMs, endMs) {
  const parsed = parse(query ?? '');
  return (
    parsed &&
    shop
      .between(startMs - 5000, endMs)
      .flatMap((scenario) => scenario.lines)
      .filter((line) => line.timeMs >= startMs && line.timeMs < endMs)
      .map((line) => ({
        ...line,
        labels: { job: 'ecommerce', service_name: line.service, level: line.level },
      }))
      .filter((line) => matches(parsed, line.labels, line.text))
      .sort((left, right) => right.timeMs - left.timeMs)
  );
}

export function queryRange(shop, parameters) {
  const startMs = msOfNs(parameters.get('start'));
  const endMs = msOfNs(parameters.get('end'));
  const lines = logLines(shop, parameters.get('query'), startMs, endMs);
  if (!lines) {
    return { status: 400, text: 'parse error at line 1, col 1: syntax error: expected a stream selector' };
  }
  const limit = Number(parameters.get('limit') ?? 100);
  if (parameters.get('direction') === 'forward') {
    lines.reverse();
  }
  const streams = new Map();
  for (const line of lines.slice(0, limit)) {
    const key = JSON.stringify(line.labels);
    streams.set(key, [...(streams.get(key) ?? []), [ns(line.timeMs), line.text]]);
  }
  const result = [...streams].map(([key, values]) => ({ stream: JSON.parse(key), values }));
  return { json: { status: 'success', data: { resultType: 'streams', result, stats: {} } } };
}

export function search(shop, parameters) {
  const tags = Object.fromEntries(
    (parameters.get('tags') ?? '')
      .split(' ')
      .filter(Boolean)
      .map((pair) => pair.split('=')),
  );
  const ms = (text, fallback) =>
    text ? Number.parseFloat(text) * (text.endsWith('ms') ? 1 : text.endsWith('m') ? 60000 : 1000) : fallback;
  const min = ms(parameters.get('minDuration'), 0);
  const max = ms(parameters.get('maxDuration'), Number.POSITIVE_INFINITY);
  const found = shop
    .between(Number(parameters.get('start')) * 1000, Number(parameters.get('end')) * 1000)
    .filter((scenario) => {
      const duration = scenario.endMs - scenario.startMs;
      return duration >= min && duration <= max && scenario.spans.some((span) => spanHas(span, tags));
    })
    .reverse()
    .slice(0, Number(parameters.get('limit') ?? 20));
  return { json: { traces: found.map(summary), metrics: {} } };
}

function spanHas(span, tags) {
  return Object.entries(tags).every(([name, value]) => {
    const actual =
      { 'service.name': span.service, name: span.name, status: span.status }[name] ?? span.attributes[name];
    return actual !== undefined && String(actual).includes(value);
  });
}

function summary(scenario) {
  const stats = {};
  for (const span of scenario.spans) {
    stats[span.service] ??= { spanCount: 0 };
    stats[span.service].spanCount += 1;
    if (span.status === 'error') {
      stats[span.service].errorCount = (stats[span.service].errorCount ?? 0) + 1;
    }
  }
  const root = scenario.spans[0];
  return {
    traceID: scenario.traceId.replace(/^0+/, ''),
    rootServiceName: root.service,
    rootTraceName: root.name,
    startTimeUnixNano: ns(scenario.startMs),
    durationMs: Math.floor(scenario.endMs - scenario.startMs),
    serviceStats: stats,
  };
}

const base64 = (hex) => Buffer.from(hex, 'hex').toString('base64');

function attribute([key, value]) {
  return { key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } };
}

export function trace(shop, traceId, nowMs) {
  const scenario = shop.trace(traceId, nowMs);
  const byService =
    Map.groupBy?.(scenario?.spans ?? [], (span) => span.service) ?? groupBy(scenario?.spans ?? []);
  const resourceSpans = [...byService].map(([service, spans]) => ({
    resource: {
      attributes: Object.entries({
        'service.name': service,
        'service.namespace': 'ecommerce',
        'service.version': '0.1.0',
        'telemetry.sdk.language': 'rust',
      }).map(attribute),
    },
    scopeSpans: [
      { scope: { name: service, version: '0.1.0' }, spans: spans.map((span) => otlp(scenario, span)) },
    ],
  }));
  return { json: { trace: resourceSpans.length > 0 ? { resourceSpans } : {}, metrics: {} } };
}

function groupBy(spans) {
  const groups = new Map();
  for (const span of spans) {
    groups.set(span.service, [...(groups.get(span.service) ?? []), span]);
  }
  return groups;
}

function otlp(scenario, span) {
  return {
    traceId: base64(scenario.traceId),
    spanId: base64(span.spanId),
    ...(span.parentId ? { parentSpanId: base64(span.parentId) } : {}),
    name: span.name,
    kind: `SPAN_KIND_${span.kind}`,
    startTimeUnixNano: ns(span.startMs),
    endTimeUnixNano: ns(span.startMs + span.durationMs),
    attributes: Object.entries(span.attributes).map(attribute),
    events: span.events.map((event) => ({
      name: event.name,
      timeUnixNano: ns(span.startMs + event.offsetMs),
      attributes: Object.entries(event.attributes).map(attribute),
    })),
    status:
      span.status === 'error'
        ? { code: 'STATUS_CODE_ERROR', message: 'payment gateway did not answer in 2 s' }
        : {},
  };
}
