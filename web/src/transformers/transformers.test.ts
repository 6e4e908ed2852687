import { createDataFrame, type DataFrame, type DataTransformerInfo, FieldType } from '@grafana/data';
import { lastValueFrom, of } from 'rxjs';
import { expect, test } from 'vitest';
import { extractFields } from './extractFields';
import { heatmap } from './heatmap';
import { allTransformers, unknownTransformations } from './index';
import { partitionByValues } from './partitionByValues';
import { prepareTimeSeries } from './prepareTimeSeries';

function run<Options>(
  info: DataTransformerInfo<Options>,
  options: Options,
  ...frames: DataFrame[]
): Promise<DataFrame[]> {
  const operator = info.operator(options, { interpolate: (text: string) => text });
  return lastValueFrom(of(frames).pipe(operator)) as Promise<DataFrame[]>;
}

const names = (frame: DataFrame | undefined) => frame?.fields.map((field) => field.name);
const values = (frame: DataFrame | undefined, name: string) =>
  frame?.fields.find((field) => field.name === name)?.values;

test('fields come out of JSON, pairs and patterns', async () => {
  const frame = createDataFrame({
    fields: [{ name: 'Line', type: FieldType.string, values: ['{"a":1,"b":{"c":"x"}}'] }],
  });
  const [json] = await run(
    extractFields,
    { source: 'Line', format: 'json', jsonPaths: [{ path: 'b.c', alias: 'c' }, { path: 'a' }] },
    frame,
  );
  expect(names(json)).toEqual(['Line', 'c', 'a']);
  expect(values(json, 'c')).toEqual(['x']);
  const pairs = createDataFrame({
    fields: [{ name: 'Line', type: FieldType.string, values: ['level=info msg="hello you" n=3'] }],
  });
  const [logfmt] = await run(extractFields, { source: 'Line', format: 'auto', replace: true }, pairs);
  expect(names(logfmt)).toEqual(['level', 'msg', 'n']);
  expect(values(logfmt, 'msg')).toEqual(['hello you']);
  const [pattern] = await run(
    extractFields,
    { source: 'Line', format: 'regexp', regExp: '/level=(?<lvl>\\w+)/' },
    pairs,
  );
  expect(values(pattern, 'lvl')).toEqual(['info']);
});

const long = createDataFrame({
  fields: [
    { name: 'time', type: FieldType.time, values: [1, 1, 2, 2] },
    { name: 'service', type: FieldType.string, values: ['a', 'b', 'a', 'b'] },
    { name: 'value', type: FieldType.number, values: [10, 20, 11, 21] },
  ],
});

test('rows are split by the values of a field', async () => {
  const frames = await run(partitionByValues, { fields: ['service'] }, long);
  expect(frames.map((frame) => values(frame, 'value'))).toEqual([
    [10, 11],
    [20, 21],
  ]);
  expect(frames[0]?.fields[1]?.labels).toEqual({ service: 'a' });
});

test('time series change between long, many and wide', async () => {
  const many = await run(prepareTimeSeries, { format: 'multi' }, long);
  expect(many.map((frame) => frame.fields[1]?.labels?.service)).toEqual(['a', 'b']);
  const [wide] = await run(prepareTimeSeries, { format: 'wide' }, ...many);
  expect(wide?.fields).toHaveLength(3);
  const [again] = await run(prepareTimeSeries, { format: 'long' }, ...many);
  expect(values(again, 'service')).toEqual(['a', 'b', 'a', 'b']);
});

test('values are counted into cells', async () => {
  const [cells] = await run(
    heatmap,
    { xBuckets: { mode: 'size', value: '10' }, yBuckets: { mode: 'size', value: '10' } },
    createDataFrame({
      fields: [
        { name: 'time', type: FieldType.time, values: [0, 5, 12] },
        { name: 'value', type: FieldType.number, values: [1, 2, 15] },
      ],
    }),
  );
  expect(values(cells, 'Count')).toEqual([2, 0, 0, 1]);
  expect(await run(heatmap, {}, createDataFrame({ fields: [] }))).toEqual([]);
});

test('every transformation has an id of its own, and unknown ones are named', () => {
  const ids = allTransformers().map((info) => info.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(
    expect.arrayContaining([
      'organize',
      'extractFields',
      'partitionByValues',
      'prepareTimeSeries',
      'heatmap',
    ]),
  );
  expect(unknownTransformations([{ id: 'organize' }, { id: 'spatial' }])).toEqual(['spatial']);
});
