// How requests fared in the last minutes: the figures behind the verdict. No React in here.
import { requestJson, withQuery } from '../../api/http';
import { DEFAULT_LOKI, lokiPath } from '../../datasources/loki/proxy';

export interface Pulse {
  requests: number;
  /** Undefined without requests. */
  errorRatio: number | undefined;
}

const REQUESTS = '{job="ecommerce"} | event="http.request"';
const FAILURES = `${REQUESTS} | json status="status" | status >= 500`;
const WINDOW = '5m';

interface VectorAnswer {
  data: { result?: { value: [number, string] }[] };
}

async function count(query: string, signal: AbortSignal): Promise<number> {
  const path = withQuery(lokiPath(DEFAULT_LOKI, 'query'), {
    query: `sum(count_over_time(${query} [${WINDOW}]))`,
  });
  const { data } = await requestJson<VectorAnswer>(path, { signal });
  return Number(data.result?.[0]?.value[1] ?? 0);
}

export async function shopPulse(signal: AbortSignal): Promise<Pulse> {
  const [requests, failures] = await Promise.all([count(REQUESTS, signal), count(FAILURES, signal)]);
  return { requests, errorRatio: requests > 0 ? failures / requests : undefined };
}
