// Time range and refresh interval of a page. The URL holds both, so a link shows what its sender saw.

import { rangeUtil } from '@grafana/data';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { useLocale } from '../i18n/context';
import { type AbsoluteRange, DEFAULT_RANGE, isRangeBound, type RawRange, resolveRange } from './timeRange';

export interface TimeControls {
  raw: RawRange;
  /** Stays the same object until the next refresh. */
  range: AbsoluteRange;
  /** Changes with each refresh: part of the key of everything that loads. */
  tick: number;
  refresh: string;
  setRange: (range: RawRange) => void;
  setRefresh: (interval: string) => void;
  refreshNow: () => void;
}

export const REFRESH_INTERVALS = ['5s', '10s', '30s', '1m', '5m'];

export function useTimeControls(defaultRefresh: string): TimeControls {
  const { timeZone } = useLocale();
  const [parameters, setParameters] = useSearchParams();
  const [tick, setTick] = useState(0);
  const from = parameters.get('from');
  const to = parameters.get('to');
  const raw = useMemo<RawRange>(
    () => (isRangeBound(from) && isRangeBound(to) ? { from, to } : DEFAULT_RANGE),
    [from, to],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new tick moves `now`
  const range = useMemo(() => resolveRange(raw, timeZone), [raw, tick, timeZone]);
  const refresh = knownInterval(parameters.get('refresh')) ?? defaultRefresh;

  const refreshNow = useCallback(() => setTick((count) => count + 1), []);
  useEffect(() => everyInterval(refresh, refreshNow), [refresh, refreshNow]);

  const setRange = useCallback(
    (next: RawRange) =>
      setParameters((current) => {
        current.set('from', next.from);
        current.set('to', next.to);
        return current;
      }),
    [setParameters],
  );
  const setRefresh = useCallback(
    (interval: string) =>
      setParameters(
        (current) => {
          current.set('refresh', interval || 'off');
          return current;
        },
        { replace: true },
      ),
    [setParameters],
  );
  return { raw, range, tick, refresh, setRange, setRefresh, refreshNow };
}

function knownInterval(text: string | null): string | undefined {
  if (text === 'off') {
    return '';
  }
  return text !== null && REFRESH_INTERVALS.includes(text) ? text : undefined;
}

/** Hidden pages rest: they refresh once when they are looked at again. */
export function everyInterval(interval: string, refresh: () => void): () => void {
  if (!interval) {
    return () => undefined;
  }
  let missed = false;
  const timer = window.setInterval(() => {
    if (document.hidden) {
      missed = true;
    } else {
      refresh();
    }
  }, rangeUtil.intervalToMs(interval));
  const catchUp = () => {
    if (!document.hidden && missed) {
      missed = false;
      refresh();
    }
  };
  document.addEventListener('visibilitychange', catchUp);
  return () => {
    window.clearInterval(timer);
    document.removeEventListener('visibilitychange', catchUp);
  };
}
