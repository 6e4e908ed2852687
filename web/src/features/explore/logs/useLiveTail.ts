// Lines as they arrive, a bounded number of them, with a pause that loses none of the newest.
import { useCallback, useEffect, useRef, useState } from 'react';
import { compareNs } from '../../../datasources/loki/client';
import type { LogEntry } from '../../../datasources/loki/logLine';
import { followTail, type TailPhase } from '../../../datasources/loki/tail';

const MOST_LINES = 1000;
const FLUSH_MS = 250;
const RATE_WINDOW_MS = 5000;

export interface LiveTail {
  entries: readonly LogEntry[];
  phase: TailPhase;
  reason: string;
  paused: boolean;
  /** Lines that arrived during the pause. */
  waiting: number;
  dropped: number;
  perSecond: number;
  setPaused: (paused: boolean) => void;
  clear: () => void;
}

export function useLiveTail(uid: string, query: string): LiveTail {
  const buffer = useRef<LogEntry[]>([]);
  const arrivals = useRef<[number, number][]>([]);
  const [entries, setEntries] = useState<readonly LogEntry[]>([]);
  const [state, setState] = useState<{ phase: TailPhase; reason: string }>({
    phase: 'connecting',
    reason: '',
  });
  const [paused, setPaused] = useState(false);
  const [figures, setFigures] = useState({ waiting: 0, dropped: 0, perSecond: 0 });

  useEffect(() => {
    setEntries([]);
    buffer.current = [];
    return followTail(uid, query, {
      onEntries: (arrived, dropped) => {
        buffer.current = [...buffer.current, ...arrived].slice(-MOST_LINES);
        arrivals.current.push([Date.now(), arrived.length]);
        if (dropped > 0) {
          setFigures((before) => ({ ...before, dropped: before.dropped + dropped }));
        }
      },
      onPhase: (phase, reason) => setState({ phase, reason }),
    });
  }, [uid, query]);

  useEffect(() => {
    const timer = window.setInterval(() => {
      const since = Date.now() - RATE_WINDOW_MS;
      arrivals.current = arrivals.current.filter(([at]) => at > since);
      const count = arrivals.current.reduce((sum, [, lines]) => sum + lines, 0);
      const waiting = paused ? buffer.current.length : 0;
      const perSecond = (count * 1000) / RATE_WINDOW_MS;
      setFigures((before) =>
        before.waiting === waiting && before.perSecond === perSecond
          ? before
          : { ...before, waiting, perSecond },
      );
      if (!paused && buffer.current.length > 0) {
        const arrived = buffer.current;
        buffer.current = [];
        setEntries((before) =>
          [...arrived, ...before]
            .sort((left, right) => compareNs(right.timestampNs, left.timestampNs))
            .slice(0, MOST_LINES),
        );
      }
    }, FLUSH_MS);
    return () => window.clearInterval(timer);
  }, [paused]);

  const clear = useCallback(() => {
    buffer.current = [];
    setEntries([]);
  }, []);
  return { entries, ...state, paused, ...figures, setPaused, clear };
}
