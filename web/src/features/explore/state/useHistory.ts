// The query history of this browser, the same in all its panes.
import { useCallback, useState } from 'react';
import { printForm } from '../../../datasources/tempo/traceql';
import { changeEntry, HISTORY_KEY, type HistoryEntry, readHistory, remember } from './history';
import type { PaneQuery } from './model';

export interface History {
  entries: HistoryEntry[];
  record: (datasource: string, query: PaneQuery) => void;
  change: (id: string, change: Partial<Pick<HistoryEntry, 'starred' | 'comment'>>) => void;
  remove: (id: string) => void;
  clear: () => void;
}

export function textOfQuery(query: PaneQuery): string {
  if (query.kind === 'loki') {
    return query.expr;
  }
  if (query.kind !== 'tempo') {
    return '';
  }
  return query.tab === 'search' ? printForm(query.form) : query.query;
}

export function useHistory(): History {
  const [entries, setEntries] = useState(load);
  const edit = useCallback((change: (before: HistoryEntry[]) => HistoryEntry[]) => {
    // Another tab may have written meanwhile.
    const after = change(load());
    store(after);
    setEntries(after);
  }, []);
  const record = useCallback(
    (datasource: string, query: PaneQuery) => {
      if (textOfQuery(query) !== '') {
        edit((before) => remember(before, datasource, query, Date.now()));
      }
    },
    [edit],
  );
  const change = useCallback<History['change']>(
    (id, part) => edit((before) => changeEntry(before, id, part)),
    [edit],
  );
  const remove = useCallback(
    (id: string) => edit((before) => before.filter((entry) => entry.id !== id)),
    [edit],
  );
  const clear = useCallback(() => edit((before) => before.filter(({ starred }) => starred)), [edit]);
  return { entries, record, change, remove, clear };
}

function load(): HistoryEntry[] {
  try {
    return readHistory(localStorage.getItem(HISTORY_KEY));
  } catch {
    return [];
  }
}

function store(entries: readonly HistoryEntry[]): void {
  try {
    localStorage.setItem(HISTORY_KEY, JSON.stringify(entries));
  } catch {
    // A browser that keeps nothing still shows the history until the page is left.
  }
}
