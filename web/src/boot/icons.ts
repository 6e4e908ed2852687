// @grafana/ui fetches each icon by URL. Those that the first pages show are bundled and put into the icon
// cache, so that no request is needed and nothing pops in; the rest stay available below /grafana/.
import { cacheStore } from 'react-inlinesvg';

const ICONS = import.meta.glob<string>(
  '../../node_modules/@grafana/ui/dist/public/img/icons/unicons/{angle-double-left,angle-double-right,angle-down,angle-left,angle-right,angle-up,apps,arrow-down,arrow-left,arrow-right,arrow-up,bars,calendar-alt,check,check-circle,clipboard-alt,clock-nine,copy,exclamation-circle,exclamation-triangle,external-link-alt,eye,eye-slash,file-alt,gf-logs,home-alt,info-circle,link,minus,minus-circle,plus,plus-circle,repeat,search,search-minus,search-plus,share-alt,signout,sitemap,spinner,sync,times,times-circle,user}.svg',
  { query: '?raw', import: 'default', eager: true },
);

declare global {
  interface Window {
    __grafana_public_path__?: string;
  }
}

export function prefillIcons(): void {
  const root = `${window.__grafana_public_path__ ?? '/'}build/img/icons/unicons/`;
  for (const [file, content] of Object.entries(ICONS)) {
    cacheStore.set(root + file.slice(file.lastIndexOf('/') + 1), { content, status: 'loaded' });
  }
}
