// Addresses of a Tempo data source behind the dashboard server's proxy.

/** The trace store that the stack provisions. */
export const DEFAULT_TEMPO = 'tempo';

export function tempoPath(uid: string, path: string): string {
  return `/api/datasources/proxy/uid/${encodeURIComponent(uid)}/api/${path}`;
}
