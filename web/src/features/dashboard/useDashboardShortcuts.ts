// The keys of a dashboard, as Grafana has them; those of a panel are for the one under the pointer.
import { type SceneObject, SceneRefreshPicker, SceneTimePicker, type VizPanel } from '@grafana/scenes';
import { useNavigate } from 'react-router-dom';
import { type Shortcut, useShortcuts } from '../../app/shortcuts';
import type { DashboardScene } from '../../dashboard/DashboardScene';
import { panelByKey } from './useDashboardState';
import { adoptAddress, type SceneLocation } from './useSceneLocation';

export interface DashboardKeys {
  scene: DashboardScene;
  location: SceneLocation;
  mayEdit: boolean;
  openSave: () => void;
  openSettings: () => void;
  inspect: (panel: VizPanel) => void;
}

export function useDashboardShortcuts(keys: DashboardKeys): void {
  const { scene, location, mayEdit, openSave, openSettings, inspect } = keys;
  const navigate = useNavigate();
  const find = <Kind extends SceneObject>(kind: new (...args: never[]) => Kind) =>
    scene.state.timeControls.find((control): control is Kind => control instanceof kind);
  const kiosk = () => {
    const search = new URLSearchParams(window.location.search);
    if (search.has('kiosk')) {
      search.delete('kiosk');
    } else {
      search.set('kiosk', '');
    }
    navigate({ search: search.toString() }, { replace: true });
    adoptAddress();
  };
  const withPanel = (act: (panel: VizPanel) => void) => {
    const panel = panelUnderPointer(scene);
    if (panel) {
      act(panel);
    }
  };
  const shortcuts: Shortcut[] = [
    { keys: 'd r', label: 'shortcuts.refresh', run: () => find(SceneRefreshPicker)?.onRefresh() },
    { keys: 'd k', label: 'shortcuts.kiosk', run: kiosk },
    { keys: 't z', label: 'shortcuts.zoomOut', run: () => find(SceneTimePicker)?.onZoom() },
    { keys: 't left', label: 'shortcuts.earlier', run: () => find(SceneTimePicker)?.onMoveBackward() },
    { keys: 't right', label: 'shortcuts.later', run: () => find(SceneTimePicker)?.onMoveForward() },
    {
      keys: 'escape',
      label: 'shortcuts.back',
      run: () => location.setParameters({ viewPanel: undefined }),
    },
    {
      keys: 'v',
      label: 'shortcuts.panelView',
      run: () => withPanel((panel) => location.setParameters({ viewPanel: panel.state.key })),
    },
    { keys: 'i', label: 'shortcuts.panelInspect', run: () => withPanel(inspect) },
  ];
  if (mayEdit) {
    shortcuts.push(
      { keys: 'mod+s', label: 'shortcuts.save', run: openSave },
      { keys: 'd s', label: 'shortcuts.settings', run: openSettings },
      {
        keys: 'e',
        label: 'shortcuts.panelEdit',
        run: () => withPanel((panel) => location.setParameters({ editPanel: idOf(panel) })),
      },
    );
  }
  useShortcuts(shortcuts);
}

/** Copies of a repeated panel are edited by their original. */
function idOf(panel: VizPanel): string {
  return /^panel-(\d+)/.exec(panel.state.key ?? '')?.[1] ?? '';
}

function panelUnderPointer(scene: DashboardScene): VizPanel | undefined {
  const hovered = [...document.querySelectorAll('[data-viz-panel-key]:hover')].at(-1);
  const key = hovered?.getAttribute('data-viz-panel-key');
  return key ? panelByKey(scene, key) : undefined;
}
