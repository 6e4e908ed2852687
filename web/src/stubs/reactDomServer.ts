// @grafana/ui needs `react-dom/server` for one thing only: the plain text of a truncated label's tooltip.
// The real module costs 60 kB gzip; walking the element tree gives the same text.
import type { ReactNode } from 'react';

function plainText(node: ReactNode): string {
  if (node === null || node === undefined || typeof node === 'boolean') {
    return '';
  }
  if (typeof node !== 'object') {
    return String(node);
  }
  if (Array.isArray(node)) {
    return node.map(plainText).join('');
  }
  const props = (node as { props?: { children?: ReactNode } }).props;
  return plainText(props?.children);
}

export const renderToStaticMarkup = plainText;
export const renderToString = plainText;
// biome-ignore lint/style/noDefaultExport: the replaced module has a default export
export default { renderToStaticMarkup, renderToString };
