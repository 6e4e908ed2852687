// Value mappings as rows of a form, and back. Grafana keeps all mappings of single values in one object.
import {
  MappingType,
  type SpecialValueMatch,
  type ValueMapping,
  type ValueMappingResult,
} from '@grafana/data';

export interface MappingRow {
  type: MappingType;
  /** A value, a pattern, a special value, or the start of a range. */
  match: string;
  /** The end of a range. */
  to: string;
  result: ValueMappingResult;
}

export function toRows(mappings: readonly ValueMapping[]): MappingRow[] {
  return mappings.flatMap((mapping): MappingRow[] => {
    switch (mapping.type) {
      case MappingType.ValueToText:
        return Object.entries(mapping.options).map(([match, result]) => ({
          type: mapping.type,
          match,
          to: '',
          result,
        }));
      case MappingType.RangeToText:
        return [
          {
            type: mapping.type,
            match: mapping.options.from === null ? '' : String(mapping.options.from),
            to: mapping.options.to === null ? '' : String(mapping.options.to),
            result: mapping.options.result,
          },
        ];
      case MappingType.RegexToText:
        return [
          { type: mapping.type, match: mapping.options.pattern, to: '', result: mapping.options.result },
        ];
      case MappingType.SpecialValue:
        return [{ type: mapping.type, match: mapping.options.match, to: '', result: mapping.options.result }];
      default:
        return [];
    }
  });
}

export function fromRows(rows: readonly MappingRow[]): ValueMapping[] {
  const mappings: ValueMapping[] = [];
  const values: Record<string, ValueMappingResult> = {};
  rows.forEach((row, index) => {
    const result = { ...row.result, index };
    switch (row.type) {
      case MappingType.ValueToText:
        values[row.match] = result;
        break;
      case MappingType.RangeToText:
        mappings.push({
          type: row.type,
          options: { from: numberOrNull(row.match), to: numberOrNull(row.to), result },
        });
        break;
      case MappingType.RegexToText:
        mappings.push({ type: row.type, options: { pattern: row.match, result } });
        break;
      case MappingType.SpecialValue:
        mappings.push({ type: row.type, options: { match: row.match as SpecialValueMatch, result } });
        break;
    }
  });
  return Object.keys(values).length > 0
    ? [{ type: MappingType.ValueToText, options: values }, ...mappings]
    : mappings;
}

function numberOrNull(text: string): number | null {
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? null : value;
}
