// Frames as files that spreadsheets open.
import { type DataFrame, FieldType, getFieldDisplayName } from '@grafana/data';

export function toCsv(frames: readonly DataFrame[]): string {
  return frames
    .filter((frame) => frame.fields.length > 0)
    .map((frame) => {
      const header = frame.fields.map((field) => cell(getFieldDisplayName(field, frame, [...frames])));
      const rows = Array.from({ length: frame.length }, (_, row) =>
        frame.fields.map((field) => cell(textOf(field.type, field.values[row]))).join(','),
      );
      return [header.join(','), ...rows].join('\r\n');
    })
    .join('\r\n\r\n');
}

function textOf(type: FieldType, value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (type === FieldType.time) {
    return new Date(Number(value)).toISOString();
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Quoted where it must be. A leading sign that spreadsheets take for a formula is kept from acting. */
function cell(text: string): string {
  const safe = /^[=@\t\r]|^[+-](?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function download(name: string, content: string, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

export function fileName(title: string, extension: string): string {
  const stem =
    title
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 80) || 'dashboard';
  return `${stem}.${extension}`;
}
