// Log lines as files: text, JSON, or a table for spreadsheets.
import type { LogEntry } from './logLine';

export const DOWNLOAD_FORMATS = ['txt', 'json', 'csv'] as const;
export type DownloadFormat = (typeof DOWNLOAD_FORMATS)[number];

export const MEDIA_TYPES: Record<DownloadFormat, string> = {
  txt: 'text/plain',
  json: 'application/json',
  csv: 'text/csv',
};

export function linesAsFile(entries: readonly LogEntry[], format: DownloadFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(entries.map(asObject), null, 2)}\n`;
    case 'csv':
      return asTable(entries);
    default:
      return entries.map((entry) => `${isoNs(entry.timestampNs)}\t${entry.line}\n`).join('');
  }
}

function asObject(entry: LogEntry) {
  return {
    timestamp: entry.timestampNs,
    date: isoNs(entry.timestampNs),
    line: entry.line,
    labels: entry.labels,
    ...(Object.keys(entry.metadata).length > 0 ? { structuredMetadata: entry.metadata } : {}),
  };
}

function asTable(entries: readonly LogEntry[]): string {
  const labels = [...new Set(entries.flatMap((entry) => Object.keys(entry.labels)))].sort();
  const rows = entries.map((entry) => [
    isoNs(entry.timestampNs),
    entry.timestampNs,
    ...labels.map((label) => entry.labels[label] ?? ''),
    entry.line,
  ]);
  return [['date', 'timestamp', ...labels, 'line'], ...rows]
    .map((row) => `${row.map(csvCell).join(',')}\r\n`)
    .join('');
}

/** RFC 4180; a leading sign of a formula is defused, since spreadsheets would run it. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** To the nanosecond, which a Date would lose. */
export function isoNs(timestampNs: string): string {
  const seconds = new Date(Number(timestampNs.slice(0, -9)) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${timestampNs.slice(-9)}Z`;
}

export function saveFile(name: string, content: string, mediaType: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: `${mediaType};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // Browsers read the address after the click has returned.
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
