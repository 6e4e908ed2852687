// Addresses out of dashboards: whoever wrote them, only web addresses and paths of this site are followed.
import { textUtil } from '@grafana/data';
import type { DashboardLink } from './model';

export function cleanLink(url: string): string {
  return textUtil.sanitizeUrl(url);
}

/** Adds the present time range and variables where the link wants them. */
export function carryParameters(
  url: string,
  { keepTime, includeVars }: Pick<DashboardLink, 'keepTime' | 'includeVars'>,
  search: string,
): string {
  const kept = [...new URLSearchParams(search)].filter(
    ([name]) => (keepTime && (name === 'from' || name === 'to')) || (includeVars && name.startsWith('var-')),
  );
  return kept.length === 0 ? url : `${url}${url.includes('?') ? '&' : '?'}${new URLSearchParams(kept)}`;
}
