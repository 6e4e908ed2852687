// States over time: what a field said from when until when, and the colours and texts for it.
import {
  type DataFrame,
  type DisplayValue,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  type TimeRange,
} from '@grafana/data';

export interface StateSpan {
  from: number;
  to: number;
  text: string;
  color: string;
}

export interface StateRow {
  name: string;
  spans: StateSpan[];
}

export function toStates(frames: readonly DataFrame[], range: TimeRange, merge: boolean): StateRow[] {
  return frames.flatMap((frame) => {
    const times = frame.fields.find((field) => field.type === FieldType.time)?.values as number[] | undefined;
    if (!times || times.length === 0) {
      return [];
    }
    const step = Math.min(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
    return frame.fields
      .filter((field) => field.type !== FieldType.time && !field.config.custom?.hideFrom?.viz)
      .map((field) => {
        const show = (value: unknown): DisplayValue =>
          field.display?.(value) ?? { text: String(value), numeric: Number(value) };
        const spans = times.flatMap((from, row): StateSpan[] => {
          const value: unknown = field.values[row];
          const last = row + 1 >= times.length;
          const to = last
            ? Math.min(
                range.to.valueOf(),
                merge ? range.to.valueOf() : from + (Number.isFinite(step) ? step : 0),
              )
            : (times[row + 1] ?? from);
          if (value === null || value === undefined) {
            return [];
          }
          const display = show(value);
          return [{ from, to, text: formattedValueToString(display), color: display.color ?? 'gray' }];
        });
        return {
          name: getFieldDisplayName(field, frame, [...frames]),
          spans: merge ? joined(spans) : spans,
        };
      });
  });
}

/** Neighbours that say the same are one. */
function joined(spans: StateSpan[]): StateSpan[] {
  const result: StateSpan[] = [];
  for (const span of spans) {
    const before = result.at(-1);
    if (before && before.text === span.text && before.to === span.from) {
      before.to = span.to;
    } else {
      result.push({ ...span });
    }
  }
  return result;
}

export function legendOf(rows: readonly StateRow[]): { label: string; color: string }[] {
  const colors = new Map<string, string>();
  for (const span of rows.flatMap((row) => row.spans)) {
    colors.set(span.text, span.color);
  }
  return colors.size > 20 ? [] : [...colors].map(([label, color]) => ({ label, color }));
}
