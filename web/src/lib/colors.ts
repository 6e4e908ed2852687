// One colour per service on every page, so that eyes can follow a service from chart to log to trace.
import type { GrafanaTheme2 } from '@grafana/data';
import type { LogLevel } from '../datasources/loki/logLine';

const KNOWN: Record<string, string> = {
  'order-service': 'orange',
  'product-service': 'green',
  'user-service': 'blue',
  'traffic-generator': 'purple',
  'log-store': 'light-yellow',
  'trace-store': 'light-blue',
  collector: 'light-green',
  'dashboard-server': 'light-purple',
};

const OTHERS = [
  'super-light-orange',
  'dark-blue',
  'light-red',
  'dark-green',
  'super-light-purple',
  'dark-yellow',
];

export function serviceColor(theme: GrafanaTheme2, service: string): string {
  const name = KNOWN[service] ?? OTHERS[hash(service) % OTHERS.length] ?? 'gray';
  return theme.visualization.getColorByName(name);
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) {
    value = (value * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  }
  return value;
}

export function levelColor(theme: GrafanaTheme2, level: LogLevel): string {
  const dark = theme.isDark;
  switch (level) {
    case 'error':
      return theme.colors.error.text;
    case 'warn':
      return theme.colors.warning.text;
    case 'info':
      return theme.colors.success.text;
    case 'debug':
      return theme.visualization.getColorByName(dark ? 'light-blue' : 'semi-dark-blue');
    default:
      return theme.colors.text.secondary;
  }
}
