// Steps of thresholds in order, whatever a saved dashboard says.
import type { Threshold } from '@grafana/data';

const BASE: Threshold = { value: Number.NEGATIVE_INFINITY, color: 'green' };

/** JSON has no infinity: the first step of a saved dashboard says null. */
export function sortedSteps(steps: readonly Threshold[] | undefined): Threshold[] {
  const [first = BASE, ...rest] = [...(steps ?? [])].map((step) => ({
    ...step,
    value: step.value ?? Number.NEGATIVE_INFINITY,
  }));
  return [
    { ...first, value: Number.NEGATIVE_INFINITY },
    ...rest.sort((left, right) => left.value - right.value),
  ];
}
