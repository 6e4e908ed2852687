// Addresses of a Loki data source behind the dashboard server's proxy.

/** The log store that the stack provisions. */
export const DEFAULT_LOKI = 'loki';

export function lokiPath(uid: string, path: string): string {
  return `/api/datasources/proxy/uid/${encodeURIComponent(uid)}/loki/api/v1/${path}`;
}

/** Keeps what is attached to a line apart from the labels of its stream: only the latter stand in selectors. */
export const CATEGORIZED = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };
