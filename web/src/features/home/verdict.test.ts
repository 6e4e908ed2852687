import { expect, test } from 'vitest';
import type { ComponentStatus, StackHealth } from '../../api/stack';
import type { Pulse } from './pulse';
import { judge } from './verdict';

function health(...statuses: ComponentStatus[]): StackHealth {
  return {
    checked_at: '2026-11-24T08:00:00Z',
    components: statuses.map((status, index) => ({
      name: `c${index}`,
      role: '',
      kind: 'shop',
      url: '',
      status,
      latency_ms: null,
      message: null,
      version: null,
      uptime_s: null,
    })),
  };
}

const pulse = (requests: number, errorRatio: number | undefined): Pulse => ({ requests, errorRatio });

test.each([
  ['no answer', undefined, undefined, { tone: 'unknown' }],
  ['all up', health('up', 'up'), pulse(9, 0.01), { tone: 'good', count: 2 }],
  ['figures still loading', health('up'), undefined, { tone: 'good', count: 1, errorRatio: undefined }],
  ['logs cannot be read', health('up'), 'unreadable' as const, { tone: 'warn', noFigures: true }],
  ['one degraded', health('up', 'degraded'), pulse(9, 0), { tone: 'warn', degraded: ['c1'] }],
  ['many failures', health('up'), pulse(9, 0.2), { tone: 'warn', errorRatio: 0.2 }],
  ['no traffic', health('up'), pulse(0, undefined), { tone: 'warn', noTraffic: true }],
  ['one down', health('down', 'degraded'), pulse(9, 0.2), { tone: 'bad', down: ['c0'], degraded: ['c1'] }],
])('%s', (_, stack, figures, expected) => {
  expect(
    judge(stack, figures === 'unreadable' ? undefined : figures, figures === 'unreadable'),
  ).toMatchObject(expected);
});
