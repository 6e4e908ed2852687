// The pages that the navigation names, for the top bar and the drawer of small screens.
import type { IconName } from '@grafana/ui';
import type { MessageKey } from '../i18n/translate';

export interface NavigationItem {
  path: string;
  label: Extract<MessageKey, `nav.${string}`>;
  icon: IconName;
  /** Addresses below which this item counts as the current one. */
  sections: readonly string[];
}

export const NAVIGATION: readonly NavigationItem[] = [
  { path: '/', label: 'nav.home', icon: 'home-alt', sections: [] },
  {
    path: '/dashboards',
    label: 'nav.dashboards',
    icon: 'apps',
    sections: ['/dashboards', '/dashboard', '/d'],
  },
  { path: '/explore', label: 'nav.explore', icon: 'compass', sections: ['/explore'] },
  { path: '/logs', label: 'nav.logs', icon: 'gf-logs', sections: ['/logs'] },
  { path: '/traces', label: 'nav.traces', icon: 'gf-traces', sections: ['/traces', '/trace'] },
  { path: '/services', label: 'nav.services', icon: 'monitor', sections: ['/services'] },
];

export function isCurrent(item: NavigationItem, pathname: string): boolean {
  return (
    pathname === item.path ||
    item.sections.some((section) => pathname === section || pathname.startsWith(`${section}/`))
  );
}
