// Stands in for the dashboard server while the interface is developed: the built files and made-up data.
//   node e2e/mock/server.mjs [PORT]      MOCK_STATE=good|bad|empty|broken
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { queryRange, search, trace } from './answers.mjs';
import { Dashboards } from './dashboards.mjs';
import { explored, upgradeTail } from './explore.mjs';
import { dsQuery, instantVector } from './frames.mjs';
import { SERVICES, Shop } from './shop.mjs';

const dist = path.resolve(import.meta.dirname, '../../dist');
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

const COMPONENTS = [
  ['user-service', 'Accounts', 'shop', 8081],
  ['product-service', 'Catalogue', 'shop', 8082],
  ['order-service', 'Orders and payments', 'shop', 8083],
  ['traffic-generator', 'Traffic', 'traffic', 8084],
  ['collector', 'Log collector', 'collector', 9080],
  ['log-store', 'Logs', 'store', 3100],
  ['trace-store', 'Traces', 'store', 3200],
  ['dashboard-server', 'Dashboards', 'dashboard', 3000],
];

const SOURCES = [
  { id: 1, uid: 'loki', name: 'Loki', type: 'loki', isDefault: true, jsonData: {}, readOnly: true },
  {
    id: 2,
    uid: 'tempo',
    name: 'Tempo',
    type: 'tempo',
    isDefault: false,
    jsonData: { serviceMap: { datasourceUid: 'prometheus' } },
    readOnly: true,
  },
  {
    id: 3,
    uid: 'prometheus',
    name: 'Trace metrics',
    type: 'prometheus',
    isDefault: false,
    jsonData: {},
    readOnly: true,
  },
];

function annotations(parameters) {
  const to = Number(parameters.get('to'));
  const from = Number(parameters.get('from'));
  const time = Math.round(from + (to - from) * 0.6);
  return [{ id: 1, time, timeEnd: time, text: 'order-service 0.1.0 deployed', tags: ['deploy'] }];
}

export function startMock({ port = 0, state = 'good' } = {}) {
  const shop = new Shop();
  const sessions = new Set();
  const dashboards = new Dashboards();
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://mock');
    respond(request, url, response, { shop, sessions, dashboards, state });
  });
  server.on('upgrade', (request, socket) => upgradeTail(request, socket, shop));
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}

async function respond(request, url, response, context) {
  const json = (status, body, headers = {}) =>
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
  if (url.pathname === '/login' && request.method === 'POST') {
    const { user, password } = JSON.parse(await bodyOf(request));
    if (user !== 'admin' || password !== 'admin123') {
      return json(401, { message: 'Invalid username or password', statusCode: 401 });
    }
    const token = Math.random().toString(36).slice(2);
    context.sessions.add(token);
    return json(
      200,
      { message: 'Logged in' },
      { 'Set-Cookie': `grafana_session=${token}; HttpOnly; SameSite=Lax; Path=/` },
    );
  }
  if (url.pathname === '/logout') {
    context.sessions.clear();
    return response.writeHead(302, { Location: '/login' }).end();
  }
  if (url.pathname === '/orders' && request.method === 'POST') {
    return json(201, { id: 4711 }, { 'X-Trace-Id': context.shop.order(Date.now() - 300) });
  }
  const short = /^\/goto\/(\w+)$/.exec(url.pathname)?.[1];
  if (short) {
    return response.writeHead(302, { Location: `/${context.dashboards.links.get(short) ?? ''}` }).end();
  }
  if (!url.pathname.startsWith('/api/')) {
    return file(url.pathname, response);
  }
  const token = /grafana_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
  if (!context.sessions.has(token)) {
    return json(401, { message: 'Unauthorized' });
  }
  const body = ['POST', 'PUT', 'PATCH'].includes(request.method) ? await jsonOf(request) : undefined;
  const answer =
    context.dashboards.answer(request.method, url, body) ??
    (url.pathname === '/api/ds/query'
      ? dsQuery(context.state === 'empty' ? new Shop({ perSecond: 0 }) : context.shop, body, Date.now())
      : api(url, context));
  if (answer.json) {
    return json(200, answer.json);
  }
  return response.writeHead(answer.status, { 'Content-Type': 'text/plain' }).end(answer.text);
}

function api(url, { shop, state }) {
  const { pathname, searchParams } = url;
  const proxied = /^\/api\/datasources\/proxy\/uid\/(loki|tempo|prometheus)\/(.*)$/.exec(pathname);
  if (proxied && state === 'broken') {
    return { status: 502, text: JSON.stringify({ message: `data source ${proxied[1]} does not answer` }) };
  }
  const empty = state === 'empty' ? new Shop({ perSecond: 0 }) : shop;
  const answer = explored(proxied?.[2] ?? pathname, searchParams, empty);
  if (answer) {
    return answer;
  }
  switch (proxied?.[2] ?? pathname) {
    case '/api/user':
      return {
        json: { id: 1, login: 'admin', name: '', email: 'admin@localhost', isGrafanaAdmin: true },
      };
    case '/api/user/preferences':
      return { json: { theme: '', timezone: '', language: '' } };
    case '/api/datasources':
      return { json: SOURCES };
    case '/api/annotations':
      return { json: annotations(searchParams) };
    case '/api/prometheus/grafana/api/v1/rules':
      return { json: { status: 'success', data: { groups: [] } } };
    case 'loki/api/v1/query':
      return {
        json: {
          status: 'success',
          data: {
            resultType: 'vector',
            result:
              state === 'empty'
                ? []
                : [
                    {
                      metric: {},
                      value: [
                        Date.now() / 1000,
                        searchParams.get('query').includes('status >= 500') ? '3' : '900',
                      ],
                    },
                  ],
          },
        },
      };
    case 'api/v1/query':
      return instantVector(searchParams.get('query') ?? '');
    case 'loki/api/v1/labels':
      return { json: { status: 'success', data: ['job', 'level', 'service_name'] } };
    case 'loki/api/v1/series':
      return {
        json: {
          status: 'success',
          data: SERVICES.flatMap((service_name) =>
            ['error', 'info', 'warn'].map((level) => ({ service_name, level })),
          ),
        },
      };
    case 'api/v2/search/tag/resource.service.name/values':
      return { json: { tagValues: SERVICES.map((value) => ({ type: 'string', value })) } };
    case '/api/stack/components':
      return { json: components(state) };
    case 'loki/api/v1/query_range':
      return queryRange(empty, searchParams);
    case 'loki/api/v1/label/service_name/values':
      return { json: { status: 'success', data: SERVICES } };
    case 'loki/api/v1/label/level/values':
      return { json: { status: 'success', data: ['error', 'info', 'warn'] } };
    case 'api/search':
      return search(empty, searchParams);
    case 'api/search/tag/service.name/values':
      return { json: { tagValues: SERVICES } };
    case 'api/search/tag/name/values':
      return { json: { tagValues: ['create_order', 'login', 'process_payment', 'search_products'] } };
    default: {
      const id = /^api\/v2\/traces\/([0-9a-f]+)$/.exec(proxied?.[2] ?? '')?.[1];
      return id
        ? trace(shop, id.padStart(32, '0'), Date.now())
        : { status: 404, text: '{"message":"Not found"}' };
    }
  }
}

function components(state) {
  const status = (name) => {
    if (state !== 'bad') {
      return 'up';
    }
    return { 'product-service': 'down', 'order-service': 'degraded' }[name] ?? 'up';
  };
  return {
    checked_at: new Date().toISOString(),
    components: COMPONENTS.map(([name, role, kind, port], index) => ({
      name,
      role,
      kind,
      url: `http://127.0.0.1:${port}`,
      status: status(name),
      latency_ms: status(name) === 'down' ? null : 0.4 + index * 0.7,
      message: { down: 'connection refused', degraded: 'product-service: down' }[status(name)] ?? '',
      version: status(name) === 'down' ? null : '0.1.0',
      uptime_s: status(name) === 'down' ? null : 3725 + index * 13,
    })),
  };
}

function file(pathname, response) {
  const asset = path.join(dist, path.normalize(pathname));
  const found = asset.startsWith(dist) && fs.existsSync(asset) && fs.statSync(asset).isFile();
  const served = found ? asset : path.join(dist, 'index.html');
  response.writeHead(200, {
    'Content-Type': TYPES[path.extname(served)] ?? 'application/octet-stream',
    'Content-Security-Policy': CSP,
  });
  fs.createReadStream(served).pipe(response);
}

async function jsonOf(request) {
  const text = await bodyOf(request);
  return text ? JSON.parse(text) : {};
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await startMock({ port: Number(process.argv[2] ?? 3000), state: process.env.MOCK_STATE });
  console.log(`mock dashboard server on ${url}`);
}
