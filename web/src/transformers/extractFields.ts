// Fields out of a text: JSON, logfmt-like `key=value` pairs, or a regular expression with named groups.
import {
  type DataFrame,
  type DataTransformerInfo,
  type Field,
  FieldType,
  getFieldDisplayName,
  guessFieldTypeFromValue,
} from '@grafana/data';
import { map } from 'rxjs';

export interface ExtractFieldsOptions {
  source?: string;
  format?: 'auto' | 'json' | 'kvp' | 'delimiter' | 'regexp';
  regExp?: string;
  delimiter?: string;
  jsonPaths?: { path: string; alias?: string }[];
  replace?: boolean;
  keepTime?: boolean;
}

type Row = Record<string, unknown>;

export const extractFields: DataTransformerInfo<ExtractFieldsOptions> = {
  id: 'extractFields',
  name: 'Extract fields',
  description: 'Parse fields from the contents of another',
  defaultOptions: { format: 'auto' },
  operator: (options) => (source) =>
    source.pipe(map((frames) => frames.map((frame) => extract(frame, options, frames)))),
};

function extract(frame: DataFrame, options: ExtractFieldsOptions, frames: DataFrame[]): DataFrame {
  const source = frame.fields.find(
    (field) => field.name === options.source || getFieldDisplayName(field, frame, frames) === options.source,
  );
  if (!source) {
    return frame;
  }
  const rows = source.values.map((value: unknown) => select(parse(value, options), options.jsonPaths));
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const added = names.map((name): Field => toField(name, rows));
  const kept = options.replace
    ? frame.fields.filter((field) => options.keepTime && field.type === FieldType.time)
    : frame.fields;
  return { ...frame, fields: [...kept, ...added] };
}

function toField(name: string, rows: Row[]): Field {
  const values = rows.map((row) => row[name]);
  const first = values.find((value) => value !== undefined && value !== null);
  const type = guessFieldTypeFromValue(first);
  const numbers = type === FieldType.number;
  return {
    name,
    type,
    config: {},
    values: values.map((value) => (numbers && typeof value === 'string' ? Number(value) : value)),
  };
}

function parse(value: unknown, { format = 'auto', regExp, delimiter = ',' }: ExtractFieldsOptions): Row {
  if (value !== null && typeof value === 'object') {
    return value as Row;
  }
  const text = String(value ?? '');
  switch (format) {
    case 'json':
      return json(text) ?? {};
    case 'kvp':
      return pairs(text);
    case 'delimiter':
      return Object.fromEntries(text.split(delimiter).map((part) => [part.trim(), true]));
    case 'regexp':
      return groups(text, regExp);
    default:
      return json(text) ?? pairs(text);
  }
}

function json(text: string): Row | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed !== null && typeof parsed === 'object' ? (parsed as Row) : undefined;
  } catch {
    return undefined;
  }
}

function pairs(text: string): Row {
  const found = text.matchAll(/([^\s=,;&]+)\s*[=:]\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;&]+))/g);
  return Object.fromEntries([...found].map(([, key = '', quoted, bare]) => [key, quoted ?? bare]));
}

/** `/(?<name>…)/flags`, or without the slashes. */
function groups(text: string, source = ''): Row {
  const literal = /^\/(.*)\/([a-z]*)$/s.exec(source);
  try {
    return new RegExp(literal?.[1] ?? source, literal?.[2]).exec(text)?.groups ?? {};
  } catch {
    return {};
  }
}

function select(row: Row, paths: ExtractFieldsOptions['jsonPaths']): Row {
  const chosen = paths?.filter(({ path }) => path !== '') ?? [];
  return chosen.length === 0
    ? row
    : Object.fromEntries(chosen.map(({ path, alias }) => [alias || path, at(row, path)]));
}

function at(row: Row, path: string): unknown {
  const steps = path
    .replace(/\[(\w+)\]/g, '.$1')
    .split('.')
    .filter(Boolean);
  return steps.reduce<unknown>(
    (value, step) => (value !== null && typeof value === 'object' ? (value as Row)[step] : undefined),
    row,
  );
}
