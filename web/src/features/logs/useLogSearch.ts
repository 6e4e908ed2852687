// The state of the logs page: all of it in the URL, and the lines it leads to.
import { useCallback, useMemo, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { isAbort } from '../../api/http';
import { type Direction, msToNs, queryRange } from '../../datasources/loki/client';
import type { LogEntry } from '../../datasources/loki/logLine';
import { EVERYTHING, type LogQuery, parseQuery, printQuery } from '../../datasources/loki/logql';
import { type Resource, useResource } from '../../lib/useResource';
import type { TimeControls } from '../../lib/useTimeControls';

export const LIMITS = [100, 500, 1000, 5000];
const DEFAULT_LIMIT = 500;

export interface LogSearchState {
  text: string;
  /** Undefined when the query is beyond what the filter controls understand. */
  parsed: LogQuery | undefined;
  limit: number;
  direction: Direction;
  raw: boolean;
  wrap: boolean;
}

export interface LogSearch {
  state: LogSearchState;
  setText: (text: string) => void;
  setQuery: (query: LogQuery) => void;
  setOption: (name: 'limit' | 'direction' | 'raw' | 'wrap', value: string) => void;
}

export function useLogSearch(): LogSearch {
  const [parameters, setParameters] = useSearchParams();
  const text = parameters.get('query') ?? printQuery(EVERYTHING);
  const limit = Number(parameters.get('limit'));
  const state = useMemo<LogSearchState>(
    () => ({
      text,
      parsed: parseQuery(text),
      limit: LIMITS.includes(limit) ? limit : DEFAULT_LIMIT,
      direction: parameters.get('direction') === 'forward' ? 'forward' : 'backward',
      raw: parameters.get('raw') === '1',
      wrap: parameters.get('wrap') === '1',
    }),
    [text, limit, parameters],
  );
  const set = useCallback(
    (name: string, value: string, replace: boolean) =>
      setParameters(
        (current) => {
          if (value) {
            current.set(name, value);
          } else {
            current.delete(name);
          }
          return current;
        },
        { replace },
      ),
    [setParameters],
  );
  const setText = useCallback((next: string) => set('query', next.trim(), false), [set]);
  const setQuery = useCallback((query: LogQuery) => set('query', printQuery(query), false), [set]);
  const setOption = useCallback((name: string, value: string) => set(name, value, true), [set]);
  return { state, setText, setQuery, setOption };
}

export interface LogLines extends Resource<LogEntry[]> {
  entries: readonly LogEntry[];
  /** There may be more beyond the last line. */
  limited: boolean;
  loadingMore: boolean;
  loadMore: () => void;
}

export function useLogLines({ state }: LogSearch, time: TimeControls): LogLines {
  const { text, limit, direction } = state;
  const { range, tick, raw } = time;
  const base = { query: text, limit, direction };
  const identity = JSON.stringify([text, limit, direction, raw]);
  const startNs = msToNs(range.fromMs);
  const endNs = msToNs(range.toMs);
  const first = useResource(identity, `${identity} ${tick}`, (signal) =>
    queryRange({ ...base, startNs, endNs }, signal),
  );
  const more = useMore(`${identity} ${first.loadedAt}`);
  const entries = useMemo(() => [...(first.data ?? []), ...more.entries], [first.data, more.entries]);
  const lastPage = more.pageSize ?? first.data?.length ?? 0;

  const loadMore = () => {
    const last = entries.at(-1);
    if (last) {
      const window =
        direction === 'backward'
          ? { startNs, endNs: last.timestampNs }
          : { startNs: String(BigInt(last.timestampNs) + 1n), endNs };
      more.load(() => queryRange({ ...base, ...window }, new AbortController().signal));
    }
  };
  return { ...first, entries, limited: lastPage >= limit, loadingMore: more.loading, loadMore };
}

interface MorePages {
  of: string;
  entries: LogEntry[];
  pageSize: number | undefined;
  loading: boolean;
}

/** Pages appended to a first one; a new first page makes them void. */
function useMore(of: string) {
  const empty: MorePages = useMemo(() => ({ of, entries: [], pageSize: undefined, loading: false }), [of]);
  const [stored, setStored] = useState(empty);
  const current = stored.of === of ? stored : empty;
  const load = (fetchPage: () => Promise<LogEntry[]>) => {
    setStored({ ...current, loading: true });
    fetchPage()
      .then((page) =>
        setStored((before) =>
          before.of === of
            ? { of, entries: [...before.entries, ...page], pageSize: page.length, loading: false }
            : before,
        ),
      )
      .catch((error: unknown) => {
        if (!isAbort(error)) {
          setStored((before) => (before.of === of ? { ...before, loading: false } : before));
        }
      });
  };
  return { ...current, load };
}
