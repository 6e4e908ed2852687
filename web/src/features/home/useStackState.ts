// The health of the stack and the verdict on it, asked again every few seconds while somebody looks.
import { useEffect, useState } from 'react';
import { type StackHealth, stackHealth } from '../../api/stack';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { type Resource, useResource } from '../../lib/useResource';
import { everyInterval } from '../../lib/useTimeControls';
import { shopPulse } from './pulse';
import { judge, type Verdict } from './verdict';

const REFRESH = '10s';

export interface StackState {
  health: Resource<StackHealth>;
  /** What is known now. A stack that cannot be asked must not look as well as it did a minute ago. */
  current: StackHealth | undefined;
  verdict: Verdict;
  /** Why the verdict is unknown. */
  problem: string | undefined;
}

export function useStackState(): StackState {
  const { t } = useLocale();
  const [tick, setTick] = useState(0);
  useEffect(() => everyInterval(REFRESH, () => setTick((count) => count + 1)), []);
  const health = useResource('components', `components ${tick}`, stackHealth);
  const pulse = useResource('pulse', `pulse ${tick}`, shopPulse);
  const current = health.error === undefined ? health.data : undefined;
  return {
    health,
    current,
    verdict: judge(current, pulse.data, pulse.error !== undefined),
    problem: health.error === undefined ? undefined : describeError(health.error, 'dashboard', t),
  };
}
