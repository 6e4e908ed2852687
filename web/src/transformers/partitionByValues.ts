// One frame out of each combination of values of the chosen fields.
import { type DataFrame, type DataTransformerInfo, type Field, getFieldDisplayName } from '@grafana/data';
import { map } from 'rxjs';

export interface PartitionOptions {
  fields?: string[];
  keepFields?: boolean;
  naming?: { asLabels?: boolean; withNames?: boolean; separator1?: string; separator2?: string };
}

export const partitionByValues: DataTransformerInfo<PartitionOptions> = {
  id: 'partitionByValues',
  name: 'Partition by values',
  description: 'Split a one-frame dataset into multiple series',
  defaultOptions: { keepFields: false },
  operator: (options) => (source) =>
    source.pipe(map((frames) => frames.flatMap((frame) => partition(frame, options, frames)))),
};

function partition(frame: DataFrame, options: PartitionOptions, frames: DataFrame[]): DataFrame[] {
  const names = options.fields ?? [];
  const keys = names.flatMap(
    (name) =>
      frame.fields.find(
        (field) => field.name === name || getFieldDisplayName(field, frame, frames) === name,
      ) ?? [],
  );
  if (keys.length === 0) {
    return [frame];
  }
  const rowsOf = new Map<string, number[]>();
  for (let row = 0; row < frame.length; row += 1) {
    const key = JSON.stringify(keys.map((field) => field.values[row]));
    rowsOf.set(key, [...(rowsOf.get(key) ?? []), row]);
  }
  const kept = options.keepFields ? frame.fields : frame.fields.filter((field) => !keys.includes(field));
  return [...rowsOf.values()].map((rows) => part(frame, kept, keys, rows, options));
}

function part(
  frame: DataFrame,
  kept: Field[],
  keys: Field[],
  rows: number[],
  { naming = { asLabels: true } }: PartitionOptions,
): DataFrame {
  const values = keys.map((field) => [field.name, String(field.values[rows[0] ?? 0] ?? '')] as const);
  const labels = Object.fromEntries(values);
  const { separator1 = '=', separator2 = ' ' } = naming;
  const name = values
    .map(([key, value]) => (naming.withNames ? `${key}${separator1}${value}` : value))
    .join(separator2);
  return {
    ...frame,
    name: naming.asLabels ? frame.name : name,
    length: rows.length,
    fields: kept.map((field) => ({
      ...field,
      state: undefined,
      labels: naming.asLabels === false ? field.labels : { ...field.labels, ...labels },
      values: rows.map((row) => field.values[row]),
    })),
  };
}
