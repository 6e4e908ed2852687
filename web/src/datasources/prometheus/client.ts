// Prometheus' HTTP API through the data source proxy, as far as the service graph needs it.
import { requestJson, withQuery } from '../../api/http';
import type { LabelledSeries } from '../series';

interface VectorAnswer {
  data?: { result?: { metric: Record<string, string>; value?: [number, string] }[] };
}

export async function instantQuery(
  uid: string,
  query: string,
  timeMs: number,
  signal?: AbortSignal,
): Promise<LabelledSeries[]> {
  const path = withQuery(`/api/datasources/proxy/uid/${encodeURIComponent(uid)}/api/v1/query`, {
    query,
    time: (timeMs / 1000).toFixed(3),
  });
  const { data } = await requestJson<VectorAnswer>(path, { signal });
  return (data?.result ?? []).map(({ metric, value }) => ({
    labels: metric,
    points: value ? [[value[0] * 1000, Number(value[1])]] : [],
  }));
}
