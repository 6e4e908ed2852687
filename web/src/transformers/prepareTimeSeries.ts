// Time series in the layout that a panel or another transformation wants: wide, long, or a frame for each series.
import {
  createDataFrame,
  type DataFrame,
  type DataTransformerInfo,
  type Field,
  FieldType,
  outerJoinDataFrames,
} from '@grafana/data';
import { map } from 'rxjs';

export interface PrepareTimeSeriesOptions {
  format?: 'wide' | 'long' | 'many' | 'multi';
}

export const prepareTimeSeries: DataTransformerInfo<PrepareTimeSeriesOptions> = {
  id: 'prepareTimeSeries',
  name: 'Prepare time series',
  description: 'Stretch data frames from the wide format into the long format',
  defaultOptions: {},
  operator: (options) => (source) =>
    source.pipe(
      map((frames) => {
        switch (options.format ?? 'wide') {
          case 'wide':
            return toWide(toMulti(frames));
          case 'long':
            return toLong(toMulti(frames));
          default:
            return toMulti(frames);
        }
      }),
    ),
};

/** One frame for each series; rows of a long frame are told apart by their texts. */
export function toMulti(frames: DataFrame[]): DataFrame[] {
  return frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === FieldType.time);
    if (!time) {
      return [];
    }
    const texts = frame.fields.filter((field) => field.type === FieldType.string);
    const numbers = frame.fields.filter(
      (field) => field.type === FieldType.number || field.type === FieldType.boolean,
    );
    return numbers.flatMap((field) => series(frame, time, field, texts));
  });
}

function series(frame: DataFrame, time: Field, field: Field, texts: Field[]): DataFrame[] {
  const rowsOf = new Map<string, number[]>();
  for (let row = 0; row < frame.length; row += 1) {
    const key = JSON.stringify(texts.map((text) => text.values[row]));
    rowsOf.set(key, [...(rowsOf.get(key) ?? []), row]);
  }
  return [...rowsOf.values()].map((unsorted) => {
    const rows = [...unsorted].sort((left, right) => Number(time.values[left]) - Number(time.values[right]));
    const labels = Object.fromEntries(texts.map((text) => [text.name, String(text.values[rows[0] ?? 0])]));
    const pick = (source: Field, extra: Partial<Field> = {}): Field => ({
      ...source,
      ...extra,
      state: undefined,
      values: rows.map((row) => source.values[row]),
    });
    return {
      ...frame,
      length: rows.length,
      fields: [pick(time), pick(field, { labels: { ...field.labels, ...labels } })],
    };
  });
}

function toWide(frames: DataFrame[]): DataFrame[] {
  const joined = outerJoinDataFrames({ frames });
  return joined ? [joined] : [];
}

function toLong(frames: DataFrame[]): DataFrame[] {
  const labels = [...new Set(frames.flatMap((frame) => Object.keys(frame.fields[1]?.labels ?? {})))];
  const rows = frames.flatMap((frame) =>
    (frame.fields[0]?.values ?? []).map((time: number, row: number) => ({
      time,
      value: frame.fields[1]?.values[row],
      labels: frame.fields[1]?.labels ?? {},
    })),
  );
  rows.sort((left, right) => left.time - right.time);
  return [
    createDataFrame({
      fields: [
        { name: 'time', type: FieldType.time, values: rows.map((row) => row.time) },
        { name: 'value', type: FieldType.number, values: rows.map((row) => row.value) },
        ...labels.map((name) => ({
          name,
          type: FieldType.string,
          values: rows.map((row) => row.labels[name] ?? null),
        })),
      ],
    }),
  ];
}
