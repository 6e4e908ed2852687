// The lines or numbers that a pane's query leads to, older lines on demand, and the histogram above them.
import { useMemo, useState } from 'react';
import { msToNs } from '../../../datasources/loki/client';
import { identityOf } from '../../../datasources/loki/context';
import { isMetricQuery } from '../../../datasources/loki/lineFilter';
import type { LogEntry } from '../../../datasources/loki/logLine';
import { type LokiResult, linesBetween, runQuery } from '../../../datasources/loki/query';
import { type LogVolume, volumeOf, volumeQuery } from '../../../datasources/loki/volume';
import { interpolate, niceStepMs } from '../../../datasources/series';
import { type Resource, useResource } from '../../../lib/useResource';
import type { TimeControls } from '../../../lib/useTimeControls';
import type { LogsQuery, LogsView } from '../state/model';

const POINTS = 240;
const BARS = 60;

export interface Logs {
  result: Resource<LokiResult>;
  entries: readonly LogEntry[];
  volume: Resource<LogVolume>;
  hasMore: boolean;
  loadingMore: boolean;
  moreError: unknown;
  loadMore: () => void;
}

export function useLogs(
  uid: string,
  query: LogsQuery,
  view: LogsView,
  time: TimeControls,
  active: boolean,
): Logs {
  const { range, raw, tick } = time;
  const { expr, queryType, maxLines } = query;
  const direction = view.order === 'oldest' ? ('forward' as const) : ('backward' as const);
  const identity = JSON.stringify([uid, expr, queryType, maxLines, direction, raw]);
  const key = active && expr.trim() !== '' ? `${identity} ${tick}` : undefined;
  const length = range.toMs - range.fromMs;
  const result = useResource(identity, key, (signal) =>
    runQuery(
      { uid, expr, queryType, direction, maxLines, range, stepMs: niceStepMs(length, POINTS) },
      signal,
    ),
  );
  const wantsVolume = key !== undefined && !isMetricQuery(expr);
  const volumeIdentity = JSON.stringify([uid, expr, raw]);
  const volume = useResource(
    volumeIdentity,
    wantsVolume ? `${volumeIdentity} ${tick}` : undefined,
    async (signal) => {
      const stepMs = niceStepMs(length, BARS);
      const { series } = await runQuery(
        { uid, expr: volumeQuery(expr), queryType: 'range', direction, maxLines, range, stepMs },
        signal,
      );
      return volumeOf(series ?? [], range, stepMs);
    },
  );
  const first = result.data?.entries;
  const of = `${identity} ${result.loadedAt}`;
  const [more, setMore] = useState({
    of: '',
    entries: [] as LogEntry[],
    done: false,
    loading: false,
    error: undefined as unknown,
  });
  const current = more.of === of ? more : { of, entries: [], done: false, loading: false, error: undefined };
  const entries = useMemo(() => [...(first ?? []), ...current.entries], [first, current.entries]);
  const loadMore = () => {
    const last = entries.at(-1);
    if (!last) {
      return;
    }
    setMore({ ...current, loading: true, error: undefined });
    // The last line's own nanosecond may hold more lines: it is asked for again.
    const window =
      direction === 'backward'
        ? { startNs: msToNs(range.fromMs), endNs: String(BigInt(last.timestampNs) + 1n) }
        : { startNs: last.timestampNs, endNs: msToNs(range.toMs) };
    const known = new Set(entries.filter((entry) => entry.timestampNs === last.timestampNs).map(identityOf));
    linesBetween(
      {
        uid,
        expr: interpolate(expr, length, niceStepMs(length, POINTS)),
        direction,
        limit: maxLines,
        ...window,
      },
      new AbortController().signal,
    ).then(
      (page) => {
        const fresh = page.filter((entry) => !known.has(identityOf(entry)));
        setMore((before) =>
          before.of === of
            ? {
                of,
                entries: [...before.entries, ...fresh],
                done: page.length < maxLines || fresh.length === 0,
                loading: false,
                error: undefined,
              }
            : before,
        );
      },
      (error: unknown) =>
        setMore((before) => (before.of === of ? { ...before, loading: false, error } : before)),
    );
  };
  return {
    result,
    entries,
    volume,
    hasMore: (first?.length ?? 0) >= maxLines && !current.done,
    loadingMore: current.loading,
    moreError: current.error,
    loadMore,
  };
}
