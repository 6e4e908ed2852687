// The dashboard that is open: as it was saved, as it is now, and the scene that shows it.
import { type SceneObject, StateCommittedEvent, VizPanel } from '@grafana/scenes';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { LoadedDashboard } from '../../api/dashboards';
import type { DashboardScene } from '../../dashboard/DashboardScene';
import type { Dashboard } from '../../dashboard/model';
import { placesOf, withPlaces } from '../../dashboard/positions';
import { toScene } from '../../dashboard/toScene';
import type { PanelActions } from '../../dashboard/toVizPanel';
import { useLocale } from '../../i18n/context';

export interface DashboardState {
  scene: DashboardScene;
  editing: boolean;
  dirty: boolean;
  setEditing: (editing: boolean) => void;
  /** The dashboard with panels where they stand on the screen. */
  current: () => Dashboard;
  change: (update: (dashboard: Dashboard) => Dashboard) => void;
  /** What is shown now is what is saved. */
  markSaved: (dashboard: Dashboard) => void;
  discard: () => void;
}

export function useDashboardState(
  loaded: LoadedDashboard,
  actions: PanelActions,
  startEditing: boolean,
): DashboardState {
  const { timeZone } = useLocale();
  const [saved, setSaved] = useState(loaded.dashboard);
  const [dashboard, setDashboard] = useState(loaded.dashboard);
  const [editing, setEditing] = useState(startEditing);
  const [moved, setMoved] = useState(false);
  const scene = useMemo(
    () => toScene(dashboard, { actions, editing, timeZone }),
    [dashboard, actions, timeZone, editing],
  );
  const latest = useRef({ dashboard, scene, moved });
  latest.current = { dashboard, scene, moved };

  useEffect(() => {
    const subscription = scene.subscribeToEvent(StateCommittedEvent, () => setMoved(true));
    return () => subscription.unsubscribe();
  }, [scene]);

  const current = useCallback(() => {
    const { dashboard: shown, scene: drawn, moved: changed } = latest.current;
    return changed ? withPlaces(shown, placesOf(drawn)) : shown;
  }, []);
  // Several changes may follow each other before the next drawing: each one builds on the one before.
  const show = useCallback((next: Dashboard) => {
    latest.current = { ...latest.current, dashboard: next, moved: false };
    setDashboard(next);
    setMoved(false);
  }, []);
  const change = useCallback(
    (update: (before: Dashboard) => Dashboard) => show(update(current())),
    [current, show],
  );
  return {
    scene,
    editing,
    dirty: moved || dashboard !== saved,
    setEditing: (next) => {
      // Edit mode draws the panels anew: where they stand now must be in the dashboard first.
      show(current());
      setEditing(next);
    },
    current,
    change,
    markSaved: (next) => {
      setSaved(next);
      show(next);
    },
    discard: () => show(saved),
  };
}

/** For panels that are only looked at. */
export function noActions(t: PanelActions['t']): PanelActions {
  const nothing = () => undefined;
  return {
    t,
    canEdit: () => false,
    exploreLink: nothing,
    open: nothing,
    view: nothing,
    edit: nothing,
    share: nothing,
    inspect: nothing,
    downloadCsv: nothing,
    duplicate: nothing,
    remove: nothing,
    editRow: nothing,
    removeRow: nothing,
  };
}

export function panelByKey(scene: SceneObject, key: string): VizPanel | undefined {
  const wanted = key.startsWith('panel-') ? key : `panel-${key}`;
  let found: VizPanel | undefined;
  const visit = (object: SceneObject) => {
    if (object instanceof VizPanel && object.state.key === wanted) {
      found = object;
    }
    object.forEachChild(visit);
  };
  visit(scene);
  return (
    found ?? (wanted.includes('-clone-') ? panelByKey(scene, wanted.replace(/-clone-.*/, '')) : undefined)
  );
}
