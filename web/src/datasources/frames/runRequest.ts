// Runs one request of a panel or a variable: loading first, then data or an error that says which query failed.
import {
  type DataQueryError,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceApi,
  DataTopic,
  LoadingState,
  type PanelData,
  toDataFrame,
} from '@grafana/data';
import { catchError, defer, from, isObservable, map, type Observable, of, startWith } from 'rxjs';

let revision = 0;

export function runRequest(
  source: DataSourceApi,
  request: DataQueryRequest,
  queryFunction?: typeof source.query,
): Observable<PanelData> {
  const ask = () => {
    const answer = queryFunction ? queryFunction(request) : source.query(request);
    return isObservable(answer) ? answer : from(answer);
  };
  const base = { request, timeRange: request.range };
  return defer(ask).pipe(
    map((response: DataQueryResponse) => toPanelData(response, base)),
    catchError((error: unknown) => of(failed(error, base))),
    startWith({ ...base, state: LoadingState.Loading, series: [], annotations: [] }),
  );
}

type Base = Pick<PanelData, 'request' | 'timeRange'>;

function toPanelData(response: DataQueryResponse, base: Base): PanelData {
  const frames = response.data.map((data) => toDataFrame(data));
  revision += 1;
  return {
    ...base,
    state: response.state ?? LoadingState.Done,
    series: frames.filter((frame) => frame.meta?.dataTopic !== DataTopic.Annotations),
    annotations: frames.filter((frame) => frame.meta?.dataTopic === DataTopic.Annotations),
    errors: response.errors,
    error: response.error ?? response.errors?.[0],
    structureRev: revision,
  };
}

function failed(cause: unknown, base: Base): PanelData {
  const error: DataQueryError = { message: cause instanceof Error ? cause.message : String(cause) };
  return { ...base, state: LoadingState.Error, series: [], annotations: [], error, errors: [error] };
}
