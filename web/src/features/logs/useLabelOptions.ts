// The label values that exist in the range, for pickers. The chosen ones stay on offer.
import { useMemo } from 'react';
import { labelValues } from '../../datasources/loki/client';
import type { AbsoluteRange, RawRange } from '../../lib/timeRange';
import { useResource } from '../../lib/useResource';

export function useLabelOptions(
  label: string,
  range: AbsoluteRange,
  raw: RawRange,
  chosen: readonly string[],
): { label: string; value: string }[] {
  const identity = `${label} ${raw.from} ${raw.to}`;
  const { data } = useResource(identity, identity, (signal) => labelValues(label, range, signal));
  return useMemo(
    () => [...new Set([...(data ?? []), ...chosen])].sort().map((value) => ({ label: value, value })),
    [data, chosen],
  );
}
