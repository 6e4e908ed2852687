// Time range and refreshing of one pane.
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useLocale } from '../../../i18n/context';
import { type RawRange, resolveRange } from '../../../lib/timeRange';
import { everyInterval, type TimeControls } from '../../../lib/useTimeControls';

export function usePaneTime(raw: RawRange, setRange: (range: RawRange) => void): TimeControls {
  const { timeZone } = useLocale();
  const [tick, setTick] = useState(0);
  const [refresh, setRefresh] = useState('');
  const { from, to } = raw;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new tick moves `now`
  const range = useMemo(() => resolveRange({ from, to }, timeZone), [from, to, tick, timeZone]);
  const refreshNow = useCallback(() => setTick((count) => count + 1), []);
  useEffect(() => everyInterval(refresh, refreshNow), [refresh, refreshNow]);
  return useMemo(
    () => ({ raw: { from, to }, range, tick, refresh, setRange, setRefresh, refreshNow }),
    [from, to, range, tick, refresh, setRange, refreshNow],
  );
}
