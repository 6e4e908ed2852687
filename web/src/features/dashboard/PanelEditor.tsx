// One panel with its queries below and its options beside it. Changes show at once and count when they are applied.
import { css } from '@emotion/css';
import type { DataFrame, GrafanaTheme2, PanelPlugin } from '@grafana/data';
import { SceneDataTransformer, SceneQueryRunner, type VizPanel } from '@grafana/scenes';
import { Button, Stack, Tab, TabsBar, useStyles2 } from '@grafana/ui';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { DashboardScene } from '../../dashboard/DashboardScene';
import type { Dashboard, Panel } from '../../dashboard/model';
import { toFieldConfig, toQueryRunner, toVizPanel } from '../../dashboard/toVizPanel';
import { useLocale } from '../../i18n/context';
import { loadPanel, panelTypeOf } from '../../panels/registry';
import { LeaveGuard } from './LeaveGuard';
import { OptionsPane } from './OptionsPane';
import { PanelJson } from './PanelJson';
import { QueriesTab } from './QueriesTab';
import { TransformationsTab } from './TransformationsTab';

export interface PanelEditorProps {
  panel: Panel;
  dashboard: Dashboard;
  scene: DashboardScene;
  onApply: (panel: Panel) => void;
  onCancel: () => void;
}

type EditorTab = 'queries' | 'transformations' | 'json';

const PREVIEW_DELAY_MS = 250;

export function PanelEditor({ panel, dashboard, scene, onApply, onCancel }: PanelEditorProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const [draft, setDraft] = useState(panel);
  const done = useRef(false);
  const [tab, setTab] = useState<EditorTab>('queries');
  const plugin = usePlugin(draft.type);
  const preview = usePreview(draft, scene);
  const frames = useFrames(preview);
  return (
    <div className={styles.editor} data-testid="panel-editor">
      <LeaveGuard dirty={draft !== panel && !done.current} parameter="editPanel" />
      <div className={styles.main}>
        <div className={styles.preview}>{preview && <preview.Component model={preview} />}</div>
        <TabsBar>
          <Tab
            label={t('edit.queries')}
            counter={draft.targets?.length}
            active={tab === 'queries'}
            onChangeTab={() => setTab('queries')}
          />
          <Tab
            label={t('edit.transformations')}
            counter={draft.transformations?.length || undefined}
            active={tab === 'transformations'}
            onChangeTab={() => setTab('transformations')}
          />
          <Tab label={t('settings.json')} active={tab === 'json'} onChangeTab={() => setTab('json')} />
        </TabsBar>
        <div className={styles.tab}>
          {tab === 'queries' && <QueriesTab panel={draft} dashboard={dashboard} onChange={setDraft} />}
          {tab === 'transformations' && <TransformationsTab panel={draft} onChange={setDraft} />}
          {tab === 'json' && <PanelJson panel={draft} onChange={setDraft} />}
        </div>
      </div>
      <aside className={styles.side} aria-label={t('edit.options')}>
        <Stack direction="row" gap={1} justifyContent="flex-end">
          <Button
            size="sm"
            variant="secondary"
            fill="outline"
            onClick={() => {
              done.current = true;
              onCancel();
            }}
          >
            {t('common.cancel')}
          </Button>
          <Button
            size="sm"
            icon="check"
            onClick={() => {
              done.current = true;
              onApply(draft);
            }}
          >
            {t('edit.apply')}
          </Button>
        </Stack>
        {plugin && (
          <OptionsPane
            panel={draft}
            plugin={plugin}
            variables={(dashboard.templating?.list ?? []).map(({ name }) => name)}
            frames={frames}
            onChange={setDraft}
          />
        )}
      </aside>
    </div>
  );
}

function usePlugin(type: string): PanelPlugin | undefined {
  const [plugin, setPlugin] = useState<PanelPlugin>();
  useEffect(() => {
    let current = true;
    void loadPanel(panelTypeOf(type)).then((loaded) => current && setPlugin(loaded));
    return () => {
      current = false;
    };
  }, [type]);
  return plugin;
}

/** A panel of its own beside the grid, with the dashboard's variables and time. It follows the draft. */
function usePreview(draft: Panel, scene: DashboardScene): VizPanel | undefined {
  const [preview, setPreview] = useState<VizPanel>();
  const shown = useRef(draft);
  // Another type of panel is another panel; the rest changes in place.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useLayoutEffect(() => {
    const made = toVizPanel(withSomeQuery(draft), undefined);
    made.setState({ key: `panel-${draft.id}-edit` });
    scene.setState({ editPanel: made });
    shown.current = draft;
    setPreview(made);
    return () => scene.setState({ editPanel: undefined });
  }, [draft.type, scene]);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (preview) {
        follow(preview, shown.current, draft);
        shown.current = draft;
      }
    }, PREVIEW_DELAY_MS);
    return () => clearTimeout(timer);
  }, [preview, draft]);
  return preview;
}

/** What the panel shows now, for editors that offer the names of fields. */
function useFrames(preview: VizPanel | undefined): DataFrame[] {
  const [frames, setFrames] = useState<DataFrame[]>([]);
  useEffect(() => {
    const provider = preview?.state.$data;
    setFrames(provider?.state.data?.series ?? []);
    const subscription = provider?.subscribeToState(({ data }) => setFrames(data?.series ?? []));
    return () => subscription?.unsubscribe();
  }, [preview]);
  return frames;
}

/** Without a query there is no runner that later queries could go to. */
function withSomeQuery(panel: Panel): Panel {
  return panel.targets?.length ? panel : { ...panel, targets: [{ refId: 'A' }] };
}

function follow(preview: VizPanel, before: Panel, after: Panel): void {
  preview.setState({
    title: after.title ?? '',
    description: after.description,
    displayMode: after.transparent ? 'transparent' : 'default',
  });
  if (before.options !== after.options) {
    preview.onOptionsChange(after.options ?? {}, true);
  }
  if (before.fieldConfig !== after.fieldConfig) {
    preview.onFieldConfigChange(toFieldConfig(after), true);
  }
  const transformer = preview.state.$data;
  if (!(transformer instanceof SceneDataTransformer)) {
    return;
  }
  if (before.transformations !== after.transformations) {
    transformer.setState({ transformations: after.transformations ?? [] });
    transformer.reprocessTransformations();
  }
  const runner = transformer.state.$data;
  const changed = before.targets !== after.targets || before.datasource !== after.datasource;
  const limits = before.maxDataPoints !== after.maxDataPoints || before.interval !== after.interval;
  if (runner instanceof SceneQueryRunner && (changed || limits)) {
    const next = toQueryRunner(withSomeQuery(after));
    if (next) {
      const { datasource, queries, maxDataPoints, minInterval } = next.state;
      runner.setState({ datasource, queries, maxDataPoints, minInterval });
      runner.runQueries();
    }
  }
}

const getStyles = (theme: GrafanaTheme2) => {
  const small = theme.breakpoints.down('lg');
  return {
    editor: css({
      display: 'grid',
      gridTemplateColumns: 'minmax(0, 1fr) 380px',
      gap: theme.spacing(2),
      [small]: { gridTemplateColumns: 'minmax(0, 1fr)' },
    }),
    main: css({ minWidth: 0 }),
    preview: css({ display: 'flex', height: '42vh', minHeight: 260, marginBottom: theme.spacing(1) }),
    tab: css({ padding: theme.spacing(1.5, 0) }),
    side: css({
      padding: theme.spacing(1.5),
      background: theme.colors.background.primary,
      border: `1px solid ${theme.colors.border.weak}`,
      borderRadius: theme.shape.radius.default,
      maxHeight: 'calc(100vh - 150px)',
      overflow: 'auto',
      [small]: { maxHeight: 'none' },
    }),
  };
};
