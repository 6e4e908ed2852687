// The panel types, each loaded when the first dashboard needs it.
import type { PanelPlugin, PanelPluginMeta } from '@grafana/data';
import { PluginType } from '@grafana/data';
import type { IconName } from '@grafana/ui';
import type { MessageKey } from '../i18n/translate';

type Plugin = PanelPlugin;
type Loader = () => Promise<{ plugin: unknown }>;

interface PanelType {
  id: string;
  name: Exclude<Extract<MessageKey, `panel.${string}`>, 'panel.unknownTransformations'>;
  icon: IconName;
  load: Loader;
  /** It shows something of its own, without queries. */
  withoutData?: boolean;
}

export const PANEL_TYPES: readonly PanelType[] = [
  { id: 'timeseries', name: 'panel.timeseries', icon: 'graph-bar', load: () => import('./timeseries') },
  { id: 'stat', name: 'panel.stat', icon: 'calculator-alt', load: () => import('./stat') },
  { id: 'gauge', name: 'panel.gauge', icon: 'tachometer-fast', load: () => import('./gauge') },
  { id: 'bargauge', name: 'panel.bargauge', icon: 'align-left', load: () => import('./bargauge') },
  { id: 'barchart', name: 'panel.barchart', icon: 'chart-line', load: () => import('./barchart') },
  { id: 'piechart', name: 'panel.piechart', icon: 'circle', load: () => import('./piechart') },
  { id: 'table', name: 'panel.table', icon: 'table', load: () => import('./table') },
  { id: 'logs', name: 'panel.logs', icon: 'gf-logs', load: () => import('./logs') },
  { id: 'traces', name: 'panel.traces', icon: 'gf-traces', load: () => import('./traces') },
  { id: 'nodeGraph', name: 'panel.nodeGraph', icon: 'sitemap', load: () => import('./nodeGraph') },
  { id: 'heatmap', name: 'panel.heatmap', icon: 'apps', load: () => import('./heatmap') },
  { id: 'histogram', name: 'panel.histogram', icon: 'graph-bar', load: () => import('./histogram') },
  {
    id: 'state-timeline',
    name: 'panel.stateTimeline',
    icon: 'gf-layout-simple',
    load: () => import('./stateTimeline'),
  },
  {
    id: 'status-history',
    name: 'panel.statusHistory',
    icon: 'gf-grid',
    load: () => import('./statusHistory'),
  },
  { id: 'text', name: 'panel.text', icon: 'align-left', load: () => import('./text'), withoutData: true },
  {
    id: 'alertlist',
    name: 'panel.alertlist',
    icon: 'bell',
    load: () => import('./alertlist'),
    withoutData: true,
  },
  {
    id: 'dashlist',
    name: 'panel.dashlist',
    icon: 'apps',
    load: () => import('./dashlist'),
    withoutData: true,
  },
];

/** What older dashboards call them. */
const ALIASES: Record<string, string> = {
  graph: 'timeseries',
  singlestat: 'stat',
  'table-old': 'table',
  'grafana-piechart-panel': 'piechart',
  'heatmap-new': 'heatmap',
  trend: 'timeseries',
};

export function panelTypeOf(id: string): string {
  return ALIASES[id] ?? id;
}

const loaded = new Map<string, Plugin>();

export function cachedPanel(id: string): Plugin | undefined {
  return loaded.get(id);
}

export async function loadPanel(id: string): Promise<Plugin> {
  const known = loaded.get(id);
  if (known) {
    return known;
  }
  const type = PANEL_TYPES.find((candidate) => candidate.id === panelTypeOf(id));
  const { plugin } = type ? await type.load() : await import('./unknown');
  const ready = plugin as Plugin;
  ready.meta = metaOf(id, type?.withoutData ?? false);
  loaded.set(id, ready);
  return ready;
}

function metaOf(id: string, skipDataQuery: boolean): PanelPluginMeta {
  return {
    id,
    name: id,
    type: PluginType.panel,
    module: '',
    baseUrl: '',
    sort: 0,
    skipDataQuery,
    info: {
      author: { name: '' },
      description: '',
      links: [],
      logos: { small: '', large: '' },
      screenshots: [],
      updated: '',
      version: '',
    },
  };
}
