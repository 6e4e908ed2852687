// The page of one dashboard: heading, controls, panels, and what opens over them.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { UrlSyncContextProvider, type VizPanel } from '@grafana/scenes';
import { Alert, Button, ConfirmModal, useStyles2 } from '@grafana/ui';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router-dom';
import type { LoadedDashboard } from '../../api/dashboards';
import { useMayWrite } from '../../app/session';
import { LoadingState, StateMessage } from '../../components/StateMessage';
import { download, fileName, toCsv } from '../../dashboard/csv';
import { SceneControls } from '../../dashboard/DashboardScene';
import { addPanel, duplicatePanel, findPanel, removeRow, withPanel } from '../../dashboard/model';
import type { InspectTab, PanelActions } from '../../dashboard/toVizPanel';
import { dataSources } from '../../datasources/frames/service';
import { useLocale } from '../../i18n/context';
import { DashboardLinks } from './DashboardLinks';
import { exploreLink } from './exploreLink';
import { LeaveGuard } from './LeaveGuard';
import { SceneRoot } from './SceneRoot';
import { Toolbar } from './Toolbar';
import { useDashboardShortcuts } from './useDashboardShortcuts';
import { panelByKey, useDashboardState } from './useDashboardState';
import { useSceneLocation } from './useSceneLocation';

// Readers look; what editors need loads when it is opened.
const HistoryDrawer = lazy(() =>
  import('./HistoryDrawer').then((module) => ({ default: module.HistoryDrawer })),
);
const InspectDrawer = lazy(() =>
  import('./InspectDrawer').then((module) => ({ default: module.InspectDrawer })),
);
const PanelEditor = lazy(() => import('./PanelEditor').then((module) => ({ default: module.PanelEditor })));
const RowModal = lazy(() => import('./RowModal').then((module) => ({ default: module.RowModal })));
const SaveDrawer = lazy(() => import('./SaveDrawer').then((module) => ({ default: module.SaveDrawer })));
const SettingsDrawer = lazy(() =>
  import('./settings/SettingsDrawer').then((module) => ({ default: module.SettingsDrawer })),
);
const ShareModal = lazy(() => import('./ShareModal').then((module) => ({ default: module.ShareModal })));

type Overlay =
  | { kind: 'save'; asCopy?: boolean }
  | { kind: 'history' }
  | { kind: 'settings' }
  | { kind: 'share'; panelKey?: string }
  | { kind: 'inspect'; panel: VizPanel; tab: InspectTab }
  | { kind: 'row'; id: number }
  | { kind: 'removePanel'; id: number }
  | { kind: 'removeRow'; id: number };

export function DashboardView({ loaded, onReload }: { loaded: LoadedDashboard; onReload: () => void }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const navigate = useNavigate();
  const location = useSceneLocation();
  const [overlay, setOverlay] = useState<Overlay>();
  const isNew = !loaded.dashboard.uid;
  const mayWrite = useMayWrite();
  const mayEdit = mayWrite && loaded.meta.canEdit !== false && loaded.dashboard.editable !== false;
  const editingNow = useRef(isNew);
  const { setParameters } = location;
  const actions = useMemo<PanelActions>(
    () => ({
      t,
      canEdit: () => mayEdit,
      exploreLink,
      open: navigate,
      view: (key) => setParameters({ viewPanel: key }),
      edit: (id) => setParameters({ editPanel: String(id) }),
      share: (panelKey) => setOverlay({ kind: 'share', panelKey }),
      inspect: (panel, tab) => setOverlay({ kind: 'inspect', panel, tab }),
      downloadCsv: (panel) => downloadPanel(panel),
      duplicate: (id) => stateRef.current?.change((dashboard) => duplicatePanel(dashboard, id)),
      remove: (id) => setOverlay({ kind: 'removePanel', id }),
      editRow: (id) => setOverlay({ kind: 'row', id }),
      removeRow: (id) => setOverlay({ kind: 'removeRow', id }),
    }),
    [t, mayEdit, setParameters, navigate],
  );
  const state = useDashboardState(loaded, actions, editingNow.current);
  const stateRef = useRef(state);
  stateRef.current = state;
  const { scene } = state;
  const dashboard = state.current();
  useEffect(() => {
    document.title = `${dashboard.title} · ${t('app.name')}`;
  }, [dashboard.title, t]);

  const viewKey = location.search.get('viewPanel');
  const viewed = viewKey ? panelByKey(scene, viewKey) : undefined;
  const editId = Number(location.search.get('editPanel') ?? Number.NaN);
  const edited = mayEdit && Number.isFinite(editId) ? findPanel(dashboard, editId) : undefined;
  const kiosk = location.search.has('kiosk');
  const close = () => setOverlay(undefined);
  const add = (type: string) => {
    if (type === 'row') {
      state.change(
        (before) =>
          addPanel(before, { type, title: t('dashboard.rowTitle'), collapsed: false, panels: [] })[0],
      );
      return;
    }
    const source = dataSources.getInstanceSettings(undefined);
    const datasource = source ? { uid: source.uid, type: source.type } : undefined;
    const [next, id] = addPanel(state.current(), {
      type,
      title: t('dashboard.panelTitle'),
      datasource,
      targets: [{ refId: 'A', datasource }],
      fieldConfig: { defaults: {}, overrides: [] },
      options: {},
    });
    state.change(() => next);
    state.setEditing(true);
    setParameters({ editPanel: String(id) });
  };

  useDashboardShortcuts({
    scene,
    location,
    mayEdit: mayEdit && !edited,
    openSave: () => setOverlay({ kind: 'save' }),
    openSettings: () => setOverlay({ kind: 'settings' }),
    inspect: (panel) => setOverlay({ kind: 'inspect', panel, tab: 'data' }),
  });

  return (
    <UrlSyncContextProvider scene={scene} updateUrlOnInit createBrowserHistorySteps>
      {!kiosk && (
        <Toolbar
          loaded={loaded}
          dashboard={dashboard}
          state={state}
          mayEdit={mayEdit}
          focused={edited ? 'edit' : viewed ? 'view' : undefined}
          onBack={() => setParameters({ viewPanel: undefined, editPanel: undefined })}
          onAdd={add}
          onOpen={(kind) => setOverlay({ kind })}
        />
      )}
      {loaded.meta.provisioned && state.dirty && (
        <Alert severity="info" title={t('dashboard.provisioned')}>
          {t('dashboard.provisionedHint')}{' '}
          <Button size="sm" variant="secondary" onClick={() => setOverlay({ kind: 'save', asCopy: true })}>
            {t('save.asCopy')}
          </Button>
        </Alert>
      )}
      <SceneRoot scene={scene}>
        <div className={styles.controls}>
          <SceneControls scene={scene} />
          <DashboardLinks links={dashboard.links ?? []} scene={scene} />
        </div>
        {edited ? (
          <Suspense fallback={<LoadingState />}>
            <PanelEditor
              key={edited.id}
              panel={edited}
              dashboard={dashboard}
              scene={scene}
              onApply={(panel) => {
                state.change((before) => withPanel(before, panel.id, panel));
                setParameters({ editPanel: undefined });
              }}
              onCancel={() => setParameters({ editPanel: undefined })}
            />
          </Suspense>
        ) : viewed ? (
          <div className={styles.single}>
            <viewed.Component model={viewed} />
          </div>
        ) : (dashboard.panels ?? []).length === 0 ? (
          <StateMessage
            icon="apps"
            title={t('dashboard.empty')}
            hint={t(mayEdit ? 'dashboard.emptyHint' : 'dashboard.emptyViewer')}
            action={
              mayEdit && (
                <Button icon="plus" onClick={() => add('timeseries')}>
                  {t('dashboard.addPanel')}
                </Button>
              )
            }
          />
        ) : (
          <div className={state.editing ? styles.editing : undefined} data-testid="dashboard-grid">
            <scene.Component model={scene} />
          </div>
        )}
      </SceneRoot>
      <LeaveGuard dirty={state.dirty} />
      <Suspense fallback={null}>
        {overlay?.kind === 'save' && (
          <SaveDrawer
            loaded={loaded}
            dashboard={dashboard}
            asCopy={Boolean(overlay.asCopy) || Boolean(loaded.meta.provisioned)}
            onClose={close}
            onSaved={(saved, url) => {
              state.markSaved(saved);
              close();
              if (saved.uid !== loaded.dashboard.uid) {
                // After the guard has seen that nothing is unsaved any more.
                setTimeout(() => navigate(url), 0);
              }
            }}
          />
        )}
        {overlay?.kind === 'history' && loaded.dashboard.uid && (
          <HistoryDrawer uid={loaded.dashboard.uid} onClose={close} onRestored={onReload} />
        )}
        {overlay?.kind === 'settings' && (
          <SettingsDrawer
            dashboard={dashboard}
            onClose={close}
            onApply={(next) => {
              state.change(() => next);
              close();
            }}
          />
        )}
        {overlay?.kind === 'share' && (
          <ShareModal dashboard={dashboard} panelKey={overlay.panelKey} onClose={close} />
        )}
        {overlay?.kind === 'inspect' && (
          <InspectDrawer panel={overlay.panel} tab={overlay.tab} dashboard={dashboard} onClose={close} />
        )}
        {overlay?.kind === 'row' && (
          <RowModal
            dashboard={dashboard}
            rowId={overlay.id}
            onClose={close}
            onApply={(next) => {
              state.change(() => next);
              close();
            }}
          />
        )}
      </Suspense>
      <ConfirmModal
        isOpen={overlay?.kind === 'removePanel'}
        title={t('dashboard.panelRemove')}
        body={t('dashboard.removePanelHint')}
        confirmText={t('common.remove')}
        dismissText={t('common.cancel')}
        onDismiss={close}
        onConfirm={() => {
          if (overlay?.kind === 'removePanel') {
            state.change((before) => withPanel(before, overlay.id, undefined));
          }
          close();
        }}
      />
      <ConfirmModal
        isOpen={overlay?.kind === 'removeRow'}
        title={t('dashboard.rowRemove')}
        body={t('dashboard.removeRowHint')}
        confirmText={t('dashboard.removeRowAndPanels')}
        alternativeText={t('dashboard.removeRowOnly')}
        dismissText={t('common.cancel')}
        onDismiss={close}
        onAlternative={() => {
          if (overlay?.kind === 'removeRow') {
            state.change((before) => removeRow(before, overlay.id, false));
          }
          close();
        }}
        onConfirm={() => {
          if (overlay?.kind === 'removeRow') {
            state.change((before) => removeRow(before, overlay.id, true));
          }
          close();
        }}
      />
    </UrlSyncContextProvider>
  );
}

function downloadPanel(panel: VizPanel): void {
  const frames = panel.state.$data?.state.data?.series ?? [];
  download(fileName(panel.interpolate(panel.state.title), 'csv'), toCsv(frames), 'text/csv;charset=utf-8');
}

const getStyles = (theme: GrafanaTheme2) => ({
  controls: css({ marginBottom: theme.spacing(0.5) }),
  single: css({ display: 'flex', height: 'calc(100vh - 210px)', minHeight: 320 }),
  editing: css({ paddingBottom: theme.spacing(8) }),
});
