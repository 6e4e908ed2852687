import { describe, expect, test } from 'vitest';
import { logqlSituation } from './editor/logqlSituation';
import { traceqlSituation } from './editor/traceqlSituation';
import { exploreAddress, readPanes } from './state/address';
import { changeEntry, readHistory, remember, searchHistory } from './state/history';
import { type KeyedPane, logsPane, tracePane, tracesPane } from './state/model';
import { layoutGraph } from './traces/layoutGraph';

const parametersOf = (address: string) => new URL(address, 'http://x').searchParams;

describe('address', () => {
  const logs = logsPane('{a="b"} |= "50 %&+"', { from: '1700000000000', to: 'now' });
  const form = {
    services: ['order-service', 'user-service'],
    spanNames: ['pay'],
    status: 'error' as const,
    minDuration: '5ms',
    maxDuration: '2s',
    durationOf: 'trace' as const,
    tags: [
      { tag: 'span.http.route', operator: '=~' as const, value: '/a.*', type: 'string' },
      { tag: 'kind', operator: '=' as const, value: 'server', type: 'keyword' },
    ],
  };
  const search = tracesPane('');
  test.each<[string, KeyedPane[]]>([
    ['logs', [{ key: 'lft', pane: logs }]],
    [
      'how lines are shown',
      [
        {
          key: 'lft',
          pane: {
            ...logs,
            logs: { order: 'oldest', wrap: true, raw: true, dedup: 'numbers', fields: ['x'] },
          },
        },
      ],
    ],
    [
      'two panes',
      [
        { key: 'lft', pane: logs },
        { key: 'rgt', pane: tracePane('0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331') },
      ],
    ],
  ])('%s survive it', (_, panes) => {
    expect(readPanes(parametersOf(exploreAddress(panes)))).toEqual(panes);
  });

  test('the search form survives it', () => {
    const pane = { ...search, query: { ...search.query, form } as typeof search.query };
    const [read] = readPanes(parametersOf(exploreAddress([{ key: 'lft', pane }])));
    expect(read?.pane.query).toMatchObject({ tab: 'search', form });
  });

  test("Grafana's own links, old ones, and short ones", () => {
    const grafana = readPanes(
      new URLSearchParams({
        schemaVersion: '1',
        panes:
          '{"x7k":{"datasource":"tempo","queries":[{"refId":"A","datasource":{"type":"tempo","uid":"tempo"},"queryType":"traceql","query":"{}"}],"range":{"from":"now-6h","to":"now"}}}',
      }),
    );
    expect(grafana[0]?.pane).toMatchObject({
      datasource: 'tempo',
      query: { kind: 'tempo', tab: 'traceql', query: '{}' },
      range: { from: 'now-6h', to: 'now' },
    });
    const old = readPanes(new URLSearchParams({ left: '["now-1h","now","loki",{"expr":"{a=\\"b\\"}"}]' }));
    expect(old[0]?.pane).toMatchObject({ datasource: 'loki', query: { expr: '{a="b"}' } });
    expect(readPanes(new URLSearchParams({ trace: 'abc', span: 'd' }))[0]?.pane).toMatchObject({
      query: { query: 'abc', tab: 'traceql' },
      spanId: 'd',
    });
  });

  test.each(['{', '[]', '{"a":1}', '{"a":{"queries":"x","range":7}}', 'null'])(
    '%s breaks nothing',
    (panes) => {
      expect(readPanes(new URLSearchParams({ panes }))).toHaveLength(1);
    },
  );
});

test.each([
  ['{', 'label', 1],
  ['{service_name="a", lev', 'label', 19],
  ['{service_name=', 'value', 14],
  ['{service_name="or', 'value', 15],
  ['{a="b"} | js', 'stage', 10],
  ['{a="b"} | json | status="4', 'fieldValue', 25],
  ['sum by (', 'grouping', 8],
  ['rate({a="b"}[', 'range', 13],
  ['su', 'start', 0],
  ['{a="b"} |= "tex', 'none', undefined],
])('LogQL at the end of %s: %s', (text, kind, from) => {
  const situation = logqlSituation(text);
  expect(situation.kind).toBe(kind);
  expect('from' in situation ? situation.from : undefined).toBe(from);
});

test.each([
  ['{ ', 'tag'],
  ['{ resource.serv', 'tag'],
  ['{ status = ', 'value'],
  ['{ name = "a" && resource.service.name = "ord', 'value'],
  ['{ } | ra', 'function'],
  ['{ } | rate() by (', 'tag'],
  ['', 'start'],
])('TraceQL at the end of %s: %s', (text, kind) => {
  expect(traceqlSituation(text).kind).toBe(kind);
});

describe('history', () => {
  const query = logsPane('{a="b"}').query;
  const other = tracesPane('{}').query;
  test('a query that is run again moves up and keeps its star', () => {
    let history = remember([], 'loki', query, 1);
    history = changeEntry(history, history[0]?.id ?? '', { starred: true, comment: 'why' });
    history = remember(remember(history, 'tempo', other, 2), 'loki', query, 3);
    expect(history.map(({ atMs, starred }) => [atMs, starred])).toEqual([
      [3, true],
      [2, false],
    ]);
    const search = { text: 'WHY', starredOnly: true, datasource: '', order: 'newest' as const };
    expect(searchHistory(history, search, () => '')).toHaveLength(1);
  });
  test('it is bounded, but not the starred ones; what is stored wrongly is left out', () => {
    let history = changeEntry(remember([], 'loki', query, 0), '0-0', { starred: true });
    for (let at = 1; at < 300; at += 1) {
      history = remember(history, 'loki', logsPane(`{a="${at}"}`).query, at);
    }
    expect(history).toHaveLength(201);
    expect(history.at(-1)?.starred).toBe(true);
    expect(readHistory('[1,{"id":"x"},null]')).toEqual([]);
    expect(readHistory('{')).toEqual([]);
  });
});

test('callers stand left of whom they call, also in a circle', () => {
  const node = (name: string) => ({ name, calls: 1, errors: 0, meanMs: 1 });
  const edge = (from: string, to: string) => ({ from, to, calls: 1, errors: 0, meanMs: 1 });
  const { placed } = layoutGraph(['a', 'b', 'c'].map(node), [
    edge('a', 'b'),
    edge('b', 'c'),
    edge('c', 'b'),
    edge('c', 'c'),
  ]);
  const x = Object.fromEntries(placed.map((one) => [one.node.name, one.x]));
  expect(placed).toHaveLength(3);
  expect(x.a).toBeLessThan(x.b ?? 0);
});
