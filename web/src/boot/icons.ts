// @grafana/ui fetches each icon by URL. Those that the first pages show are bundled and put into the icon
// cache, so that no request is needed and nothing pops in; the rest stay available below /grafana/.
import { cacheStore } from 'react-inlinesvg';

const ICONS = import.meta.glob<string>(
  '../../node_modules/@grafana/ui/dist/public/img/icons/{unicons/{angle-down,angle-double-right,angle-left,angle-right,angle-up,arrow-left,arrow-right,bars,calendar-alt,check,check-circle,clipboard-alt,clock-nine,copy,exclamation-circle,exclamation-triangle,external-link-alt,eye,eye-slash,hourglass,info-circle,link,minus,plus,search,search-minus,search-plus,apps,cog,edit,ellipsis-v,favorite,folder,folder-plus,history,save,share-alt,star,trash-alt,upload,signout,sync,times,home-alt,columns,compass,download-alt,list-ul,pause,play,square-shape},custom/{gf-logs,gf-traces},mono/favorite}.svg',
  { query: '?raw', import: 'default', eager: true },
);

declare global {
  interface Window {
    __grafana_public_path__?: string;
  }
}

/** Icons that @grafana/ui shows but does not ship. Own drawings on the same 24 by 24 grid. */
const MISSING: Record<string, string> = {
  'unicons/angle-double-left.svg': drawing('M17.2 7 12.2 12l5 5M11.2 7l-5 5 5 5'),
  'unicons/spinner.svg': drawing('M12 3a9 9 0 1 0 9 9'),
};

function drawing(path: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="${path}" style="fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round"/></svg>`;
}

export function prefillIcons(): void {
  const root = `${window.__grafana_public_path__ ?? '/'}build/img/icons/`;
  const bundled = Object.entries(ICONS).map(
    ([file, content]) => [file.replace(/^.*\/icons\//, ''), content] as const,
  );
  for (const [name, content] of [...bundled, ...Object.entries(MISSING)]) {
    cacheStore.set(root + name, { content, status: 'loaded' });
  }
}
