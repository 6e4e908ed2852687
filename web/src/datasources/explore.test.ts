import { describe, expect, test, vi } from 'vitest';
import { contextLabels, contextSelector } from './loki/context';
import { dedup } from './loki/dedup';
import { csvCell, isoNs, linesAsFile } from './loki/download';
import { filterByValue, isMetricQuery, selectorIn, withPattern } from './loki/lineFilter';
import { parseEntry } from './loki/logLine';
import { resultOf } from './loki/query';
import { followTail, readFrame } from './loki/tail';
import { volumeOf, volumeQuery } from './loki/volume';
import { align, durationText, figuresOf, interpolate, niceStepMs, seriesName } from './series';
import { criticalPath } from './tempo/criticalPath';
import { metricsIn } from './tempo/metrics';
import { foundIn } from './tempo/search';
import { graphOfMetrics, graphOfTraces } from './tempo/serviceGraph';
import { buildTree, type Span } from './tempo/trace';
import { EMPTY_TRACE_FORM, isMetricsQuery, printForm, traceIdIn } from './tempo/traceql';

const entry = (line: string, ns = '1700000000123456789') =>
  parseEntry(ns, line, { service_name: 's', level: 'info' });

describe('series', () => {
  test('one axis for all', () => {
    const series = [
      {
        labels: {},
        points: [
          [1, 5],
          [3, 6],
        ] as [number, number][],
      },
      { labels: {}, points: [[2, Number.NaN]] as [number, number][] },
    ];
    expect(align(series)).toEqual({
      times: [1, 2, 3],
      values: [
        [5, null, 6],
        [null, null, null],
      ],
    });
    expect(figuresOf(series[0] ?? { labels: {}, points: [] })).toEqual({
      last: 6,
      least: 5,
      most: 6,
      mean: 5.5,
    });
    expect(figuresOf({ labels: {}, points: [] })).toBeUndefined();
  });
  test('steps, durations, variables, names', () => {
    expect(niceStepMs(900_000, 60)).toBe(15_000);
    expect([90_000, 3_600_000, 1500].map(durationText)).toEqual(['90s', '1h', '1500ms']);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the query, not of the program
    expect(interpolate('rate(x[$__auto]) + ${__range_s} $other', 60_000, 5000)).toBe(
      'rate(x[5s]) + 60 $other',
    );
    expect(seriesName({}, 'all')).toBe('all');
    expect(seriesName({ a: 'b' }, '')).toBe('b');
    expect(seriesName({ a: 'b', c: 'd' }, '')).toBe('{a="b", c="d"}');
  });
});

describe('lines', () => {
  test('queries of lines and of numbers', () => {
    expect(isMetricQuery('# why\n{a="b"}')).toBe(false);
    expect(isMetricQuery('sum(rate({a="b"}[5m]))')).toBe(true);
    expect(selectorIn('sum(rate({a="}"} |= "x" [5m]))')).toBe('{a="}"}');
  });
  test.each([
    ['{a="b"}', { kind: 'label', name: 'a', value: 'c', keep: true }, '{a="c"}'],
    ['{a="b"}', { kind: 'label', name: 'z', value: 'c', keep: false }, '{a="b", z!="c"}'],
    ['{a="b"}', { kind: 'field', name: 'x.y', value: '1', keep: true }, '{a="b"} | json | x_y="1"'],
    [
      '{a="b"} | json | x="1"',
      { kind: 'field', name: 'x', value: '1', keep: false },
      '{a="b"} | json | x!="1"',
    ],
    ['{a="b"}', { kind: 'metadata', name: 'trace_id', value: 'q', keep: true }, '{a="b"} | trace_id="q"'],
  ] as const)('%s and a value', (query, filter, expected) => {
    expect(filterByValue(query, filter, entry('{"x":{"y":1}}'))).toBe(expected);
  });
  test('a pattern goes behind the selector', () => {
    expect(withPattern('{a="b"} | json', 'x <_>', true)).toBe('{a="b"} |> "x <_>" | json');
  });
  test('repeats', () => {
    const lines = ['took 5 ms', 'took 7 ms', 'other'].map((line) => entry(line));
    expect(dedup(lines, 'none')).toHaveLength(3);
    expect(dedup(lines, 'numbers').map(({ repeats }) => repeats)).toEqual([1, 0]);
    expect(dedup(lines, 'exact')).toHaveLength(3);
  });
  test('files', () => {
    expect(isoNs('1700000000123456789')).toBe('2023-11-14T22:13:20.123456789Z');
    expect(csvCell('a,"b"')).toBe('"a,""b"""');
    expect(csvCell('=SUM(A1)')).toBe("'=SUM(A1)");
    expect(linesAsFile([entry('x')], 'csv').split('\r\n')[0]).toBe('date,timestamp,level,service_name,line');
    expect(JSON.parse(linesAsFile([entry('x')], 'json'))).toMatchObject([
      { line: 'x', timestamp: '1700000000123456789' },
    ]);
  });
  test('context leaves out what varies', () => {
    expect(contextSelector(contextLabels(entry('x')).filter(({ chosen }) => chosen))).toBe(
      '{service_name="s"}',
    );
  });
  test('answers of every type', () => {
    const matrix = {
      data: { resultType: 'matrix' as const, result: [{ metric: { a: 'b' }, values: [[1.5, '+Inf']] }] },
    };
    expect(resultOf(matrix, 'backward').series).toEqual([
      { labels: { a: 'b' }, points: [[1500, Number.POSITIVE_INFINITY]] },
    ]);
    expect(resultOf({ data: { resultType: 'streams', result: [] } }, 'backward').entries).toEqual([]);
  });
});

test('the volume counts by level, in buckets that begin before their stamp', () => {
  expect(volumeQuery('{a="b"}')).toContain('count_over_time({a="b"} | drop __error__[$__auto])');
  const volume = volumeOf(
    [
      { labels: { level: 'ERROR' }, points: [[20, 2]] },
      { labels: { detected_level: 'error' }, points: [[20, 1]] },
      { labels: { level: 'info' }, points: [[30, 4]] },
    ],
    { fromMs: 10, toMs: 30 },
    10,
  );
  expect(volume).toMatchObject({
    total: 7,
    levels: [
      { level: 'error', total: 3 },
      { level: 'info', total: 4 },
    ],
  });
  expect(volume.times[0]).toBe(0);
});

describe('live lines', () => {
  test('frames', () => {
    const frame =
      '{"streams":[{"stream":{"a":"b"},"values":[["1700000000000000001","x"]]}],"dropped_entries":[{}]}';
    expect(readFrame(frame)).toMatchObject({ dropped: 1, entries: [{ line: 'x' }] });
    expect(readFrame('{"streams":null}')).toEqual({ entries: [], dropped: 0 });
  });
  test('a broken connection is opened again, a refused query is not', () => {
    vi.useFakeTimers();
    vi.stubGlobal('window', { location: { protocol: 'http:', host: 'h' }, setTimeout, clearTimeout });
    const sockets: Record<string, (event: unknown) => void>[] = [];
    const connect = () => {
      const socket = { close: () => undefined } as never;
      sockets.push(socket);
      return socket as WebSocket;
    };
    const phases: string[] = [];
    const stop = followTail(
      'loki',
      '{}',
      { onEntries: () => undefined, onPhase: (phase) => phases.push(phase) },
      connect,
    );
    sockets[0]?.onclose?.({ code: 1006, reason: '' });
    vi.advanceTimersByTime(1000);
    sockets[1]?.onclose?.({ code: 1011, reason: 'parse error' });
    expect(phases).toEqual(['connecting', 'waiting', 'connecting', 'failed']);
    stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
});

function span(spanId: string, parentId: string, startMs: number, durationMs: number, service = 'a'): Span {
  return {
    spanId,
    parentId,
    service,
    name: spanId,
    kind: 'internal',
    status: 'unset',
    statusMessage: '',
    startNs: BigInt(startMs) * 1_000_000n,
    durationNs: BigInt(durationMs) * 1_000_000n,
    attributes: [],
    resource: [],
    scope: '',
    events: [],
    links: [],
  };
}

describe('traces', () => {
  const trace = {
    traceId: '1',
    warning: undefined,
    spans: [span('root', '', 0, 100), span('x', 'root', 10, 50, 'b'), span('y', 'root', 20, 70, 'c')],
  };
  test('the critical path takes the child that ends last, and covers the whole trace', () => {
    const [root] = buildTree(trace).roots;
    const path = root ? criticalPath(root) : new Map();
    expect(path.get('y')).toEqual([{ fromMs: 20, toMs: 90 }]);
    expect(path.get('x')).toBeUndefined();
    const covered = [...path.values()].flat().reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    expect(covered).toBe(100);
  });
  test('who calls whom', () => {
    expect(graphOfTraces([trace]).edges.map(({ from, to, calls }) => [from, to, calls])).toEqual([
      ['a', 'b', 1],
      ['a', 'c', 1],
    ]);
    const edge = (value: number) => [
      { labels: { client: 'a', server: 'b' }, points: [[0, value]] as [number, number][] },
    ];
    const graph = graphOfMetrics({ calls: edge(4), errors: edge(1), seconds: edge(2) });
    expect(graph.edges).toEqual([{ from: 'a', to: 'b', calls: 4, errors: 1, meanMs: 500 }]);
  });
  test('TraceQL from the form, and what a query is', () => {
    expect(printForm(EMPTY_TRACE_FORM)).toBe('{}');
    expect(
      printForm({
        ...EMPTY_TRACE_FORM,
        services: ['a.b', 'c'],
        status: 'error',
        minDuration: '5ms',
        tags: [
          { tag: 'span.user.id', operator: '=', value: '7', type: 'int' },
          { tag: 'span.odd name', operator: '=', value: 'x', type: 'string' },
        ],
      }),
    ).toBe(
      '{resource.service.name=~"a\\\\.b|c" && status=error && duration>=5ms && span.user.id=7 && span."odd name"="x"}',
    );
    expect(isMetricsQuery('{} | rate()')).toBe(true);
    expect(isMetricsQuery('{ name = "| rate()" }')).toBe(false);
    expect(traceIdIn(' 0AF7651916cd43dd ')).toBe('00000000000000000af7651916cd43dd');
  });
  test('answers', () => {
    const found = foundIn({
      traces: [
        { traceID: 'a', spanSets: [{ matched: 4, spans: [{ spanID: 'b', durationNanos: '1500000' }] }] },
      ],
      metrics: { inspectedBytes: '12' },
    });
    expect(found).toMatchObject({
      traces: [{ matched: 4, spans: [{ spanId: '000000000000000b', durationMs: 1.5 }] }],
      metrics: { inspectedBytes: 12 },
    });
    expect(
      metricsIn({
        series: [{ labels: [{ key: 'a', value: { stringValue: 'b' } }], samples: [{ timestampMs: '5' }] }],
      }).series,
    ).toEqual([{ labels: { a: 'b' }, points: [[5, 0]] }]);
  });
});
