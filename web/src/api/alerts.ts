// Alert rules and their state.
import { ApiError, requestJson } from './http';

export type AlertState = 'firing' | 'pending' | 'recovering' | 'inactive';

export interface AlertRule {
  uid?: string;
  name: string;
  state: AlertState;
  health?: string;
  activeAt?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  group: string;
  folder: string;
}

interface RulesAnswer {
  data?: { groups?: { name: string; file: string; rules: Omit<AlertRule, 'group' | 'folder'>[] }[] };
}

/** A server without alerting has no rules. */
export async function listAlertRules(signal?: AbortSignal): Promise<AlertRule[]> {
  try {
    const { data } = await requestJson<RulesAnswer>('/api/prometheus/grafana/api/v1/rules', { signal });
    return (data?.groups ?? []).flatMap((group) =>
      group.rules.map((rule) => ({ ...rule, group: group.name, folder: group.file })),
    );
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) {
      return [];
    }
    throw error;
  }
}
