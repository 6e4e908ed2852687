// The services that @grafana/scenes finds through @grafana/runtime.
import { EventBusSrv, type ScopedVars } from '@grafana/data';
import {
  locationService,
  setAppEvents,
  setBackendSrv,
  setDataSourceSrv,
  setEchoSrv,
  setLocationSrv,
  setPluginImportUtils,
  setRunRequest,
  setTemplateSrv,
  type TemplateSrv,
} from '@grafana/runtime';
import { sceneGraph } from '@grafana/scenes';
import { requestJson } from '../../api/http';
import { runRequest } from '../../datasources/frames/runRequest';
import { dataSources } from '../../datasources/frames/service';
import { cachedPanel, loadPanel } from '../../panels/registry';

export const appEvents = new EventBusSrv();

/** Libraries replace variables through this where they have no scene at hand. */
const templates: TemplateSrv = {
  replace: (text, scopedVars?: ScopedVars, format?) => {
    const scene = window.__grafanaSceneContext;
    return scene && text ? sceneGraph.interpolate(scene, text, scopedVars, format as never) : (text ?? '');
  },
  getVariables: () => [],
  containsTemplate: (text) => Boolean(text?.includes('$')),
  updateTimeRange: () => undefined,
};

export function registerServices(): void {
  setDataSourceSrv(dataSources);
  setBackendSrv({
    get: (url: string) => requestJson(url),
    post: (url: string, body: unknown) => requestJson(url, { method: 'POST', body }),
  } as never);
  setPluginImportUtils({ importPanelPlugin: loadPanel, getPanelPluginFromCache: cachedPanel });
  setRunRequest(runRequest);
  setEchoSrv({ addBackend: () => undefined, addEvent: () => undefined, flush: () => undefined } as never);
  setAppEvents(appEvents);
  setLocationSrv(locationService as never);
  setTemplateSrv(templates);
}
