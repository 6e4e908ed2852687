// `-- Mixed --`: each query of a panel names its own source.
import {
  type DataQueryRequest,
  type DataQueryResponse,
  DataSourceApi,
  LoadingState,
  type TestDataSourceResponse,
} from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import { forkJoin, from, isObservable, last, map, type Observable, of, switchMap } from 'rxjs';
import type { StoreQuery } from './StoreSource';

export class MixedSource extends DataSourceApi<StoreQuery> {
  override query(request: DataQueryRequest<StoreQuery>): Observable<DataQueryResponse> {
    const groups = new Map<string, StoreQuery[]>();
    for (const target of request.targets.filter((candidate) => !candidate.hide)) {
      const key = target.datasource?.uid ?? '';
      groups.set(key, [...(groups.get(key) ?? []), target]);
    }
    if (groups.size === 0) {
      return of({ data: [], state: LoadingState.Done });
    }
    const answers = [...groups.values()].map((targets) => this.#ask(targets, request));
    return forkJoin(answers).pipe(map(merge));
  }

  #ask(targets: StoreQuery[], request: DataQueryRequest<StoreQuery>): Observable<DataQueryResponse> {
    const reference = targets[0]?.datasource;
    return from(getDataSourceSrv().get(reference, request.scopedVars)).pipe(
      switchMap((source) => {
        const answer = source.query({ ...request, targets });
        return isObservable(answer) ? answer : from(answer);
      }),
      last(),
    );
  }

  override testDatasource(): Promise<TestDataSourceResponse> {
    return Promise.resolve({ status: 'success', message: '' });
  }
}

function merge(answers: DataQueryResponse[]): DataQueryResponse {
  const errors = answers.flatMap((answer) => answer.errors ?? (answer.error ? [answer.error] : []));
  return {
    data: answers.flatMap((answer) => answer.data),
    state: errors.length > 0 ? LoadingState.Error : LoadingState.Done,
    errors: errors.length > 0 ? errors : undefined,
    error: errors[0],
  };
}
