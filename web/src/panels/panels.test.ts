// @vitest-environment happy-dom
import { createDataFrame, createTheme, dateTime, FieldType } from '@grafana/data';
import { StackingMode } from '@grafana/schema';
import { describe, expect, test } from 'vitest';
import { shownRules } from './alertlist';
import { toGraph } from './nodeGraph';
import { annotationsAt, toMarks } from './shared/AnnotationMarks';
import { layoutBars } from './shared/BarsDrawing';
import { toCells } from './shared/heatmapCells';
import { dedup, toEntries } from './shared/logFrames';
import { niceTicks } from './shared/scales';
import { toStates } from './shared/states';
import { isTraceFrame, toTrace } from './shared/traceFrames';

const range = { from: dateTime(0), to: dateTime(100), raw: { from: dateTime(0), to: dateTime(100) } };

test.each([
  [0, 100, 5, [0, 20, 40, 60, 80, 100]],
  [0, 0.3, 3, [0, 0.1, 0.2, 0.3]],
  [5, 5, 3, [5]],
])('ticks from %d to %d', (low, high, count, ticks) => expect(niceTicks(low, high, count)).toEqual(ticks));

describe('log lines', () => {
  const frame = createDataFrame({
    fields: [
      {
        name: 'labels',
        type: FieldType.other,
        values: [{ service_name: 'a', level: 'warn', trace_id: 'ab' }, { level: 'info' }],
      },
      { name: 'Time', type: FieldType.time, values: [1000, 2000] },
      { name: 'Line', type: FieldType.string, values: ['old', 'new'] },
      { name: 'tsNs', type: FieldType.string, values: ['1000000001', '2000000000'] },
      { name: 'labelTypes', type: FieldType.other, values: [{ trace_id: 'S' }, {}] },
    ],
  });
  test('are sorted and keep what belongs to the line apart from labels', () => {
    const [newest, oldest] = toEntries([frame], 'Descending');
    expect(newest?.line).toBe('new');
    expect(oldest).toMatchObject({
      service: 'a',
      level: 'warn',
      metadata: { trace_id: 'ab' },
      labels: { level: 'warn' },
    });
  });
  test('that say the same are told once', () => {
    const entries = ['took 1 ms', 'took 2 ms', 'done'].map((line) => ({ line }) as never);
    expect(dedup(entries, 'numbers')).toHaveLength(2);
    expect(dedup(entries, 'exact')).toHaveLength(3);
    expect(dedup(entries, 'none')).toHaveLength(3);
  });
});

test('bars stand side by side, on each other, or as shares', () => {
  const series = [[1], [3]].map((values) => ({ name: '', color: '', values, text: String }));
  const spans = (mode: StackingMode) =>
    layoutBars(series, 1, mode).map(({ from, to, slots }) => [from, to, slots]);
  expect(spans(StackingMode.None)).toEqual([
    [0, 1, 2],
    [0, 3, 2],
  ]);
  expect(spans(StackingMode.Normal)).toEqual([
    [0, 1, 1],
    [1, 4, 1],
  ]);
  expect(spans(StackingMode.Percent)).toEqual([
    [0, 25, 1],
    [25, 100, 1],
  ]);
});

test('states last until the next sample, equal neighbours are one', () => {
  const frame = createDataFrame({
    fields: [
      { name: 'time', type: FieldType.time, values: [0, 10, 20, 30] },
      { name: 'state', type: FieldType.string, values: ['up', 'up', null, 'down'] },
    ],
  });
  const spans = (merge: boolean) =>
    toStates([frame], range, merge)[0]?.spans.map(({ from, to, text }) => [from, to, text]);
  expect(spans(true)).toEqual([
    [0, 20, 'up'],
    [30, 100, 'down'],
  ]);
  expect(spans(false)).toHaveLength(3);
});

test('cumulative buckets of a heatmap are told apart', () => {
  const bucket = (le: string, count: number) =>
    createDataFrame({
      fields: [
        { name: 'time', type: FieldType.time, values: [0, 10] },
        { name: 'v', type: FieldType.number, labels: { le }, values: [count, count] },
      ],
    });
  const cells = toCells([bucket('1', 4), bucket('0.5', 1), bucket('+Inf', 6)], undefined);
  expect(cells?.rows).toEqual(['+Inf', '1', '0.5']);
  expect(cells?.list.filter((cell) => cell.from === 0).map((cell) => cell.count)).toEqual([2, 3, 1]);
});

test('a node graph also shows nodes that only edges name', () => {
  const edges = createDataFrame({
    fields: [
      { name: 'id', type: FieldType.string, values: ['1'] },
      { name: 'source', type: FieldType.string, values: ['a'] },
      { name: 'target', type: FieldType.string, values: ['b'] },
    ],
  });
  const graph = toGraph([edges], createTheme());
  expect(graph?.nodes.map((node) => node.id)).toEqual(['a', 'b']);
  expect(toGraph([], createTheme())).toBeUndefined();
});

test('a trace frame becomes a trace', () => {
  const column = (name: string, value: unknown, type = FieldType.string) => ({ name, type, values: [value] });
  const frame = createDataFrame({
    fields: [
      column('traceID', 'abc'),
      column('spanID', '1'),
      column('parentSpanID', ''),
      column('operationName', 'GET /'),
      column('serviceName', 'shop'),
      column('statusCode', 2, FieldType.number),
      column('startTime', 1000.5, FieldType.number),
      column('duration', 2.25, FieldType.number),
      column('tags', '[{"key":"http.route","value":"/"}]', FieldType.other),
    ],
  });
  expect(isTraceFrame(frame)).toBe(true);
  const trace = toTrace(frame);
  expect(trace.traceId).toBe('abc');
  expect(trace.spans[0]).toMatchObject({
    service: 'shop',
    status: 'error',
    startNs: 1_000_500_000n,
    durationNs: 2_250_000n,
    attributes: [{ name: 'http.route', value: '/' }],
  });
});

test('annotations are found near the pointer', () => {
  const frame = createDataFrame({
    fields: [
      { name: 'time', type: FieldType.time, values: [50] },
      { name: 'text', type: FieldType.string, values: ['deployed'] },
    ],
  });
  const marks = toMarks([frame]);
  expect(annotationsAt(marks, 50.5, range)).toEqual(['deployed']);
  expect(annotationsAt(marks, 70, range)).toEqual([]);
});

test('the alert list shows what fires first, and quiet rules only when asked', () => {
  const rule = (name: string, state: 'firing' | 'pending' | 'inactive') => ({
    name,
    state,
    group: '',
    folder: '',
  });
  const rules = [rule('a', 'inactive'), rule('b', 'pending'), rule('c', 'firing')];
  expect(shownRules(rules, {}).map(({ name }) => name)).toEqual(['c', 'b']);
  expect(shownRules(rules, { stateFilter: { normal: true } }).map(({ name }) => name)).toEqual(['a']);
});
