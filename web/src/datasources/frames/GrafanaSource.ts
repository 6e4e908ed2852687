// `-- Grafana --`: annotations that the dashboard server keeps, and a random walk for trying panels out.
import {
  type AnnotationEvent,
  createDataFrame,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  FieldType,
  LoadingState,
  type TimeRange,
} from '@grafana/data';
import { type Observable, of } from 'rxjs';
import { requestJson } from '../../api/http';
import { observe, type StoreQuery, StoreSource } from './StoreSource';

interface StoredAnnotation {
  id: number;
  time: number;
  timeEnd?: number;
  text: string;
  tags?: string[];
  panelId?: number;
}

interface AnnotationTarget {
  type?: 'dashboard' | 'tags';
  tags?: string[];
  limit?: number;
  matchAny?: boolean;
}

export class GrafanaSource extends StoreSource {
  override annotations = {
    // The query editor of Grafana writes `target`; older dashboards have the fields at the top.
    prepareQuery: (annotation: { target?: AnnotationTarget } & AnnotationTarget) =>
      ({ refId: 'Anno', queryType: 'annotations', ...annotation.target }) as never,
    processEvents: (_: unknown, frames: DataFrame[]) => of(frames.flatMap(toEvents)),
  } as never;

  override query(request: DataQueryRequest<StoreQuery>): Observable<DataQueryResponse> {
    const target = request.targets[0];
    return target?.queryType === 'annotations'
      ? observe((signal) => annotations(target as AnnotationTarget, request, signal))
      : of({ data: [randomWalk(request.range, request.maxDataPoints ?? 100)], state: LoadingState.Done });
  }
}

async function annotations(
  target: AnnotationTarget,
  request: DataQueryRequest<StoreQuery>,
  signal: AbortSignal,
): Promise<DataQueryResponse> {
  const parameters = new URLSearchParams({
    from: String(request.range.from.valueOf()),
    to: String(request.range.to.valueOf()),
    limit: String(target.limit ?? 100),
  });
  if (target.type === 'tags') {
    parameters.set('matchAny', String(Boolean(target.matchAny)));
    for (const tag of target.tags ?? []) {
      parameters.append('tags', tag);
    }
  } else if (request.dashboardUID) {
    parameters.set('dashboardUID', request.dashboardUID);
  }
  const found = await requestJson<StoredAnnotation[]>(`/api/annotations?${parameters}`, { signal });
  const frame = createDataFrame({
    fields: [
      { name: 'id', type: FieldType.number, values: found.map((event) => event.id) },
      { name: 'time', type: FieldType.time, values: found.map((event) => event.time) },
      { name: 'timeEnd', type: FieldType.time, values: found.map((event) => event.timeEnd ?? event.time) },
      { name: 'text', type: FieldType.string, values: found.map((event) => event.text) },
      { name: 'tags', type: FieldType.other, values: found.map((event) => event.tags ?? []) },
      { name: 'panelId', type: FieldType.number, values: found.map((event) => event.panelId ?? 0) },
    ],
  });
  return { data: [frame], state: LoadingState.Done };
}

function toEvents(frame: DataFrame): AnnotationEvent[] {
  return Array.from({ length: frame.length }, (_, row) =>
    Object.fromEntries(frame.fields.map((field) => [field.name, field.values[row]])),
  );
}

function randomWalk(range: TimeRange, points: number): DataFrame {
  const from = range.from.valueOf();
  const step = Math.max(1, (range.to.valueOf() - from) / points);
  let value = Math.random() * 100;
  const times = Array.from({ length: points }, (_, index) => Math.round(from + index * step));
  const values = times.map(() => {
    value += Math.random() - 0.5;
    return value;
  });
  return createDataFrame({
    refId: 'A',
    fields: [
      { name: 'time', type: FieldType.time, values: times },
      { name: 'A-series', type: FieldType.number, values },
    ],
  });
}
