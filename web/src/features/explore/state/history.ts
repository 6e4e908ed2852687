// Queries that were run in this browser: found again, starred, commented. No React in here.
import type { PaneQuery } from './model';

export interface HistoryEntry {
  id: string;
  atMs: number;
  datasource: string;
  query: PaneQuery;
  starred: boolean;
  comment: string;
}

/** Where the browser keeps it. */
export const HISTORY_KEY = 'monitoring-stack.explore.history';
const MOST_ENTRIES = 200;
const LONGEST_COMMENT = 500;

export function readHistory(stored: string | null): HistoryEntry[] {
  try {
    const parsed: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(parsed) ? parsed.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is HistoryEntry {
  const entry = value as Partial<HistoryEntry> | null;
  return (
    typeof entry?.id === 'string' &&
    typeof entry.atMs === 'number' &&
    typeof entry.datasource === 'string' &&
    (entry.query?.kind === 'loki' || entry.query?.kind === 'tempo')
  );
}

/** The newest first. A query that is run again moves up and keeps its star and comment. */
export function remember(
  history: readonly HistoryEntry[],
  datasource: string,
  query: PaneQuery,
  nowMs: number,
): HistoryEntry[] {
  const identity = JSON.stringify([datasource, query]);
  const known = history.find((entry) => JSON.stringify([entry.datasource, entry.query]) === identity);
  const entry: HistoryEntry = known
    ? { ...known, atMs: nowMs }
    : {
        id: `${nowMs.toString(36)}-${history.length}`,
        atMs: nowMs,
        datasource,
        query,
        starred: false,
        comment: '',
      };
  return bounded([entry, ...history.filter((other) => other !== known)]);
}

function bounded(history: readonly HistoryEntry[]): HistoryEntry[] {
  let plain = 0;
  return history.filter((entry) => {
    plain += entry.starred ? 0 : 1;
    return entry.starred || plain <= MOST_ENTRIES;
  });
}

export function changeEntry(
  history: readonly HistoryEntry[],
  id: string,
  change: Partial<Pick<HistoryEntry, 'starred' | 'comment'>>,
): HistoryEntry[] {
  const limited =
    change.comment === undefined ? change : { ...change, comment: change.comment.slice(0, LONGEST_COMMENT) };
  return history.map((entry) => (entry.id === id ? { ...entry, ...limited } : entry));
}

export interface HistorySearch {
  text: string;
  starredOnly: boolean;
  datasource: string;
  order: 'newest' | 'oldest' | 'datasource';
}

export function searchHistory(
  history: readonly HistoryEntry[],
  { text, starredOnly, datasource, order }: HistorySearch,
  textOf: (entry: HistoryEntry) => string,
): HistoryEntry[] {
  const needle = text.trim().toLowerCase();
  const found = history.filter(
    (entry) =>
      (!starredOnly || entry.starred) &&
      (datasource === '' || entry.datasource === datasource) &&
      `${textOf(entry)} ${entry.comment}`.toLowerCase().includes(needle),
  );
  const byTime = [...found].sort((left, right) => right.atMs - left.atMs);
  if (order === 'oldest') {
    return byTime.reverse();
  }
  return order === 'datasource'
    ? byTime.sort((left, right) => left.datasource.localeCompare(right.datasource))
    : byTime;
}
