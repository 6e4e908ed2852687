// What can be drawn over time: frames with a time and numbers. A long frame (texts beside the numbers) becomes one
// frame for each combination of its texts.
import { type DataFrame, FieldType } from '@grafana/data';
import { toMulti } from '../../transformers/prepareTimeSeries';

export function toTimeSeries(frames: readonly DataFrame[]): DataFrame[] {
  return frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === FieldType.time);
    const hasNumber = frame.fields.some((field) => field.type === FieldType.number);
    if (!time || !hasNumber || frame.length === 0) {
      return [];
    }
    const hasText = frame.fields.some((field) => field.type === FieldType.string);
    if (hasText) {
      return toMulti([frame]);
    }
    const drawn = frame.fields.filter((field) => field === time || field.type === FieldType.number);
    return [
      drawn[0] === time
        ? { ...frame, fields: drawn }
        : { ...frame, fields: [time, ...drawn.filter((field) => field !== time)] },
    ];
  });
}
