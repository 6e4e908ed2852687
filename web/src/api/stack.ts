// The health of every component of the stack, as the dashboard server probes it.
import { requestJson } from './http';

export type ComponentStatus = 'up' | 'degraded' | 'down';
export type ComponentKind = 'shop' | 'traffic' | 'store' | 'collector' | 'dashboard';

export interface StackComponent {
  name: string;
  role: string;
  kind: ComponentKind;
  url: string;
  status: ComponentStatus;
  latency_ms: number | null;
  message: string | null;
  version: string | null;
  uptime_s: number | null;
}

export interface StackHealth {
  components: StackComponent[];
  checked_at: string;
}

export function stackHealth(signal: AbortSignal): Promise<StackHealth> {
  return requestJson<StackHealth>('/api/stack/components', { signal });
}

/** The order in which people read the shop: what customers touch first, what watches it after that. */
const KIND_ORDER: readonly ComponentKind[] = ['shop', 'traffic', 'collector', 'store', 'dashboard'];

export function inReadingOrder(components: readonly StackComponent[]): StackComponent[] {
  const rank = (component: StackComponent) => {
    const index = KIND_ORDER.indexOf(component.kind);
    return index < 0 ? KIND_ORDER.length : index;
  };
  return [...components].sort((left, right) => rank(left) - rank(right));
}
