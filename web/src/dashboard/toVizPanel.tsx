// One panel of dashboard JSON as a scene panel: its queries, transformations, options and menu.
import { SceneDataTransformer, SceneQueryRunner, VizPanel, VizPanelMenu } from '@grafana/scenes';
import type { IconName } from '@grafana/ui';
import { sortedSteps } from '../boot/grafana/thresholdSteps';
import { dataSources } from '../datasources/frames/service';
import { findSource } from '../datasources/frames/settings';
import type { Translate } from '../i18n/translate';
import { PANEL_TYPES, panelTypeOf } from '../panels/registry';
import type { Panel } from './model';
import { PanelNotes } from './PanelNotes';
import { PanelTimeRange } from './PanelTimeRange';
import { refOf } from './variables';

export type InspectTab = 'data' | 'json' | 'query';

/** What a panel's menu can do. */
export interface PanelActions {
  t: Translate;
  canEdit: () => boolean;
  /** Where Explore asks the same; undefined when it cannot. */
  exploreLink: (panel: VizPanel) => string | undefined;
  /** Another page. */
  open: (path: string) => void;
  view: (key: string) => void;
  edit: (id: number) => void;
  share: (key: string) => void;
  inspect: (panel: VizPanel, tab: InspectTab) => void;
  downloadCsv: (panel: VizPanel) => void;
  duplicate: (id: number) => void;
  remove: (id: number) => void;
  editRow: (id: number) => void;
  removeRow: (id: number) => void;
}

export function toQueryRunner(panel: Panel): SceneQueryRunner | undefined {
  const type = PANEL_TYPES.find((candidate) => candidate.id === panelTypeOf(panel.type));
  if (type?.withoutData || !panel.targets?.length) {
    return undefined;
  }
  // Dashboards of old have no source at the panel, or only at its queries.
  const reference = panel.datasource ?? panel.targets[0]?.datasource;
  const found = typeof reference === 'string' ? findSource(dataSources.listed(), reference) : undefined;
  const datasource = found ? { uid: found.uid, type: found.type } : refOf(reference);
  return new SceneQueryRunner({
    datasource,
    queries: panel.targets.map((target, index) => ({
      ...target,
      refId: target.refId ?? String.fromCharCode(65 + index),
    })),
    maxDataPoints: panel.maxDataPoints ?? undefined,
    minInterval: panel.interval || undefined,
    dataLayerFilter: { panelId: panel.id },
  });
}

export function toVizPanel(panel: Panel, actions: PanelActions | undefined): VizPanel {
  const runner = toQueryRunner(panel);
  const pluginId = panelTypeOf(panel.type);
  return new VizPanel({
    key: `panel-${panel.id}`,
    title: panel.title ?? '',
    pluginId,
    pluginVersion: panel.pluginVersion,
    options: panel.options ?? {},
    fieldConfig: toFieldConfig(panel),
    displayMode: panel.transparent ? 'transparent' : 'default',
    hoverHeader: !panel.title && !panel.timeFrom,
    titleItems: [new PanelNotes({ panel })],
    $timeRange:
      panel.timeFrom || panel.timeShift
        ? new PanelTimeRange({ timeFrom: panel.timeFrom, timeShift: panel.timeShift })
        : undefined,
    $data:
      runner && new SceneDataTransformer({ $data: runner, transformations: panel.transformations ?? [] }),
    menu:
      actions &&
      new VizPanelMenu({ $behaviors: [(menu: VizPanelMenu) => fillMenu(menu, panel.id, actions)] }),
  });
}

/** JSON has no infinity: the first step of thresholds is null there. */
export function toFieldConfig(panel: Panel): NonNullable<Panel['fieldConfig']> {
  const config = structuredClone(panel.fieldConfig ?? { defaults: {}, overrides: [] });
  const { thresholds } = config.defaults ?? {};
  if (thresholds?.steps) {
    thresholds.steps = sortedSteps(thresholds.steps);
  }
  return { defaults: config.defaults ?? {}, overrides: config.overrides ?? [] };
}

type MenuItem = NonNullable<VizPanelMenu['state']['items']>[number];

function fillMenu(menu: VizPanelMenu, id: number, actions: PanelActions): void {
  const panel = menu.parent as VizPanel;
  const key = panel.state.key ?? `panel-${id}`;
  const { t } = actions;
  const editing = actions.canEdit();
  const item = (text: string, iconClassName: IconName, onClick: () => void): MenuItem => ({
    text,
    iconClassName,
    onClick,
  });
  const whileEditing = (...items: MenuItem[]) => (editing ? items : []);
  const inspect: MenuItem = {
    text: t('dashboard.panelInspect'),
    iconClassName: 'info-circle',
    subMenu: [
      { text: t('dashboard.inspectData'), onClick: () => actions.inspect(panel, 'data') },
      { text: t('dashboard.inspectQuery'), onClick: () => actions.inspect(panel, 'query') },
      { text: t('dashboard.inspectJson'), onClick: () => actions.inspect(panel, 'json') },
    ],
  };
  const explore = actions.exploreLink(panel);
  const toExplore: MenuItem = {
    text: t('nav.explore'),
    iconClassName: 'compass',
    href: explore,
    // A link for new tabs and for whoever guards changes; otherwise the page changes without loading anew.
    onClick: (event: { ctrlKey: boolean; metaKey: boolean; preventDefault: () => void }) => {
      if (explore && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        actions.open(explore);
      }
    },
  };
  menu.setState({
    items: [
      item(t('dashboard.panelView'), 'eye', () => actions.view(key)),
      ...whileEditing(item(t('dashboard.panelEdit'), 'edit', () => actions.edit(id))),
      item(t('dashboard.panelShare'), 'share-alt', () => actions.share(key)),
      ...(explore ? [toExplore] : []),
      inspect,
      item(t('dashboard.panelCsv'), 'download-alt', () => actions.downloadCsv(panel)),
      ...whileEditing(
        { text: '', type: 'divider' },
        item(t('dashboard.panelDuplicate'), 'copy', () => actions.duplicate(id)),
        item(t('dashboard.panelRemove'), 'trash-alt', () => actions.remove(id)),
      ),
    ],
  });
}
