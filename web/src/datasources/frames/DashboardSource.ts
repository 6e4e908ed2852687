// `-- Dashboard --`: a panel that shows what another panel of the dashboard has already asked for.
import {
  type DataQueryRequest,
  type DataQueryResponse,
  DataSourceApi,
  type TestDataSourceResponse,
} from '@grafana/data';
import {
  type SceneDataProvider,
  SceneDataTransformer,
  type SceneObject,
  sceneGraph,
  VizPanel,
} from '@grafana/scenes';
import { Observable, throwError } from 'rxjs';
import { sceneOf } from './interpolate';
import type { StoreQuery } from './StoreSource';

export class DashboardSource extends DataSourceApi<StoreQuery> {
  override query(request: DataQueryRequest<StoreQuery>): Observable<DataQueryResponse> {
    const target = request.targets[0];
    const scene = sceneOf(request.scopedVars);
    const panel =
      scene &&
      sceneGraph.findObject(
        scene.getRoot(),
        (object) => object instanceof VizPanel && object.state.key === `panel-${target?.panelId}`,
      );
    // A panel that names itself would wait for itself.
    const provider = isWithin(scene, panel) ? undefined : panel?.state.$data;
    if (!provider) {
      return throwError(() => new Error(`Panel ${target?.panelId} of this dashboard was not found`));
    }
    return follow(target?.withTransforms ? provider : untransformed(provider));
  }

  override testDatasource(): Promise<TestDataSourceResponse> {
    return Promise.resolve({ status: 'success', message: '' });
  }
}

function untransformed(provider: SceneDataProvider): SceneDataProvider {
  return provider instanceof SceneDataTransformer ? (provider.state.$data ?? provider) : provider;
}

function isWithin(scene: SceneObject | undefined, panel: SceneObject | null | undefined): boolean {
  for (let object = scene; object; object = object.parent) {
    if (object === panel) {
      return true;
    }
  }
  return false;
}

/** The other panel may be out of sight: listening to it makes it ask. */
function follow(provider: SceneDataProvider): Observable<DataQueryResponse> {
  return new Observable((subscriber) => {
    const pass = () => {
      const { data } = provider.state;
      if (data) {
        subscriber.next({
          data: data.series,
          state: data.state,
          errors: data.errors,
          error: data.errors?.[0],
        });
      }
    };
    const deactivate = provider.isActive ? undefined : provider.activate();
    const subscription = provider.subscribeToState(pass);
    pass();
    return () => {
      subscription.unsubscribe();
      deactivate?.();
    };
  });
}
