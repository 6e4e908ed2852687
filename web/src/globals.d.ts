import type { SceneObject } from '@grafana/scenes';

declare global {
  interface Window {
    /** The dashboard that is open, for libraries that replace variables without saying where. */
    __grafanaSceneContext?: SceneObject;
  }
}
