// @vitest-environment happy-dom
import { createDataFrame, FieldType } from '@grafana/data';
import { describe, expect, test } from 'vitest';
import { toCsv } from './csv';
import { diffLines } from './diff';
import { inputsOf, parseImport, toExport, withoutRows } from './exchange';
import { carryParameters } from './links';
import {
  addPanel,
  allPanels,
  type Dashboard,
  duplicatePanel,
  emptyDashboard,
  nextPanelId,
  normalize,
  type Panel,
  removeRow,
  withPanel,
} from './model';
import { withPlaces } from './positions';
import { repeatedPlaces } from './repeat';

const panel = (id: number, y: number, more: Partial<Panel> = {}): Panel => ({
  id,
  type: 'timeseries',
  title: `P${id}`,
  gridPos: { x: 0, y, w: 12, h: 8 },
  ...more,
});
const row = (id: number, y: number, more: Partial<Panel> = {}): Panel =>
  panel(id, y, { type: 'row', collapsed: false, panels: [], gridPos: { x: 0, y, w: 24, h: 1 }, ...more });
const board = (...panels: Panel[]): Dashboard => ({ ...emptyDashboard('Test'), panels });

describe('panels', () => {
  test('new ones stand below everything and have an id of their own', () => {
    const [next, id] = addPanel(board(panel(4, 0), row(9, 8)), { type: 'stat', title: 'New' });
    expect(id).toBe(10);
    expect(next.panels?.at(-1)).toMatchObject({ id: 10, gridPos: { y: 9 } });
  });

  test('inside collapsed rows they are found, changed and removed', () => {
    const dashboard = board(row(1, 0, { collapsed: true, panels: [panel(2, 1)] }));
    expect(allPanels(dashboard).map(({ id }) => id)).toEqual([2]);
    expect(nextPanelId(dashboard)).toBe(3);
    const changed = withPanel(dashboard, 2, panel(2, 1, { title: 'Changed' }));
    expect(changed.panels?.[0]?.panels?.[0]?.title).toBe('Changed');
    expect(withPanel(dashboard, 2, undefined).panels?.[0]?.panels).toEqual([]);
  });

  test('a copy stands beside the original, or below when there is no room', () => {
    expect(duplicatePanel(board(panel(1, 0)), 1).panels?.[1]).toMatchObject({
      id: 2,
      gridPos: { x: 12, y: 0 },
    });
    const wide = board(panel(1, 0, { gridPos: { x: 0, y: 0, w: 24, h: 5 } }));
    expect(duplicatePanel(wide, 1).panels?.[1]).toMatchObject({ gridPos: { x: 0, y: 5 } });
  });

  test('a row goes alone or with its panels', () => {
    const dashboard = board(panel(1, 0), row(2, 8), panel(3, 9), row(4, 17), panel(5, 18));
    const ids = (changed: Dashboard) => changed.panels?.map(({ id }) => id);
    expect(ids(removeRow(dashboard, 2, false))).toEqual([1, 3, 4, 5]);
    expect(ids(removeRow(dashboard, 2, true))).toEqual([1, 4, 5]);
    expect(ids(removeRow(dashboard, 4, true))).toEqual([1, 2, 3]);
  });

  test('missing and repeated ids are replaced, missing places filled', () => {
    const broken = board(
      panel(1, 0),
      { ...panel(1, 0), gridPos: undefined as never },
      { ...panel(7, 0), id: undefined as never },
    );
    const fixed = normalize(broken).panels ?? [];
    expect(new Set(fixed.map(({ id }) => id)).size).toBe(3);
    expect(fixed[1]?.gridPos).toEqual({ x: 0, y: 8, w: 12, h: 8 });
  });
});

describe('places on the screen go back into JSON', () => {
  const dashboard = board(panel(1, 0), row(2, 8), panel(3, 9), panel(4, 9));
  const at = (key: string, y: number, x = 0) => ({ key, x, y, width: 6, height: 4 });

  test('moved and resized panels', () => {
    const moved = withPlaces(dashboard, [
      {
        ...at('row-2', 4),
        row: { collapsed: false, children: [at('grid-item-4', 5), at('grid-item-3', 9)] },
      },
      at('grid-item-1', 0, 6),
    ]);
    expect(moved.panels?.map(({ id }) => id)).toEqual([1, 2, 4, 3]);
    expect(moved.panels?.[0]?.gridPos).toEqual({ x: 6, y: 0, w: 6, h: 4 });
  });

  test('a collapsed row takes its panels in', () => {
    const collapsed = withPlaces(dashboard, [
      at('grid-item-1', 0),
      { ...at('row-2', 4), row: { collapsed: true, children: [at('grid-item-3', 5), at('grid-item-4', 5)] } },
    ]);
    expect(collapsed.panels?.map(({ id }) => id)).toEqual([1, 2]);
    expect(collapsed.panels?.[1]?.panels?.map(({ id }) => id)).toEqual([3, 4]);
  });

  test('a repeated panel keeps its own width', () => {
    const repeated = board(panel(1, 0, { repeat: 'service', gridPos: { x: 0, y: 0, w: 24, h: 8 } }));
    expect(withPlaces(repeated, [at('grid-item-1', 3)]).panels?.[0]?.gridPos).toEqual({
      x: 0,
      y: 3,
      w: 24,
      h: 4,
    });
  });
});

describe('copies of repeated panels', () => {
  const gridPos = { x: 0, y: 2, w: 8, h: 4 };
  test('share a row up to the limit', () => {
    expect(repeatedPlaces({ gridPos, maxPerRow: 2 }, 3)).toEqual([
      { x: 0, y: 2, w: 12, h: 4 },
      { x: 12, y: 2, w: 12, h: 4 },
      { x: 0, y: 6, w: 12, h: 4 },
    ]);
  });
  test('or stand below each other', () => {
    expect(repeatedPlaces({ gridPos, repeatDirection: 'v' }, 2).map(({ y }) => y)).toEqual([2, 6]);
  });
});

describe('import', () => {
  test.each([
    ['', 'empty'],
    ['{', 'notJson'],
    ['[]', 'notDashboard'],
    ['{"a":1}', 'notDashboard'],
    ['{"apiVersion":"dashboard.grafana.app/v2beta1","spec":{"title":"x"}}', 'newFormat'],
    ['{"title":"x","elements":{},"layout":{}}', 'newFormat'],
  ])('%s is refused', (text, problem) => expect(parseImport(text)).toBe(problem));

  test.each([
    '{"title":"x","panels":[]}',
    '{"dashboard":{"title":"x","panels":[]},"meta":{}}',
    '{"apiVersion":"dashboard.grafana.app/v1beta1","spec":{"title":"x","panels":[]}}',
  ])('%s is taken', (text) => expect(parseImport(text)).toMatchObject({ title: 'x' }));

  test('rows of old dashboards become a grid', () => {
    const old = {
      ...emptyDashboard('old'),
      rows: [
        {
          title: 'R',
          showTitle: true,
          panels: [
            { type: 'graph', span: 8 },
            { type: 'graph', span: 8 },
          ],
        },
      ],
    };
    const places = withoutRows(old).panels?.map(({ type, gridPos }) => [
      type,
      gridPos.x,
      gridPos.y,
      gridPos.w,
    ]);
    expect(places).toEqual([
      ['row', 0, 0, 24],
      ['graph', 0, 1, 16],
      ['graph', 0, 8, 16],
    ]);
  });
});

test('an export names no data source of ours and asks for one instead', () => {
  const source = { type: 'loki', uid: 'abc' };
  const dashboard = board(panel(1, 0, { datasource: source, targets: [{ refId: 'A', datasource: source }] }));
  const exported = toExport(dashboard, [{ uid: 'abc', name: 'My Loki', type: 'loki' }]);
  expect(inputsOf(exported)).toMatchObject([{ name: 'DS_MY_LOKI', pluginId: 'loki' }]);
  expect(JSON.stringify(exported.panels)).not.toContain('abc');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how exports write placeholders
  expect(exported.panels?.[0]?.datasource).toEqual({ type: 'loki', uid: '${DS_MY_LOKI}' });
  expect(dashboard.panels?.[0]?.datasource).toEqual(source);
});

test('a difference names what was added and what was removed', () => {
  const lines = diffLines(['a', 'b', 'c', 'd'], ['a', 'x', 'c', 'd', 'e']);
  expect(lines.map(({ kind, text }) => `${kind[0]}${text}`)).toEqual(['sa', 'rb', 'ax', 'sc', 'sd', 'ae']);
});

test('a difference leads from one text to the other, whatever the two are', () => {
  const letters = (seed: number) =>
    Array.from({ length: 60 }, (_, at) => 'abcde'[(at * at * seed + (at % seed)) % 5] ?? '');
  for (const [left, right] of [
    [3, 7],
    [2, 11],
    [5, 5],
    [1, 4],
  ] as const) {
    const [before, after] = [letters(left), letters(right)];
    const lines = diffLines(before, after);
    const side = (kind: string) =>
      lines.filter((line) => line.kind === 'same' || line.kind === kind).map(({ text }) => text);
    expect(side('removed')).toEqual(before);
    expect(side('added')).toEqual(after);
  }
  expect(diffLines([], ['a'])).toEqual([{ kind: 'added', text: 'a' }]);
});

test('CSV quotes what it must and disarms formulas', () => {
  const frame = createDataFrame({
    fields: [
      { name: 'time', type: FieldType.time, values: [0] },
      { name: 'a, b', type: FieldType.string, values: ['say "hi"'] },
      { name: 'c', type: FieldType.string, values: ['=1+1'] },
      { name: 'd', type: FieldType.number, values: [-1.5] },
    ],
  });
  expect(toCsv([frame]).split('\r\n')).toEqual([
    'time,"a, b",c,d',
    `1970-01-01T00:00:00.000Z,"say ""hi""",'=1+1,-1.5`,
  ]);
});

test('links carry time and variables when they are told to', () => {
  const here = '?from=now-1h&to=now&var-service=a&viewPanel=2';
  expect(carryParameters('/d/x', { keepTime: true, includeVars: true }, here)).toBe(
    '/d/x?from=now-1h&to=now&var-service=a',
  );
  expect(carryParameters('/d/x?a=1', { keepTime: true }, here)).toBe('/d/x?a=1&from=now-1h&to=now');
  expect(carryParameters('/d/x', {}, here)).toBe('/d/x');
});
