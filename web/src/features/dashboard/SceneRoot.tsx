// A scene that lives as long as what is shown of it.
import { type ReactNode, useEffect } from 'react';
import type { DashboardScene } from '../../dashboard/DashboardScene';

/** Keeps the dashboard's own scene alive while only one of its panels is shown. */
export function SceneRoot({ scene, children }: { scene: DashboardScene; children: ReactNode }) {
  useEffect(() => {
    window.__grafanaSceneContext = scene;
    const deactivate = scene.activate();
    return () => {
      deactivate();
      if (window.__grafanaSceneContext === scene) {
        window.__grafanaSceneContext = undefined;
      }
    };
  }, [scene]);
  return <>{children}</>;
}
