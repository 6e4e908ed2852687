// TraceQL metrics: numbers over time computed from spans.
import { requestJson, withQuery } from '../../api/http';
import type { AbsoluteRange } from '../../lib/timeRange';
import { durationText, interpolate, type LabelledSeries } from '../series';
import { type OtlpAttribute, plainText } from './otlp';
import { tempoPath } from './proxy';

export interface Exemplar {
  traceId: string;
  timeMs: number;
  value: number;
}

export interface TraceMetrics {
  series: LabelledSeries[];
  exemplars: Exemplar[];
  /** Said when not all series are there. */
  warning: string | undefined;
  metrics: Record<string, number>;
  request: string;
}

interface MetricsAnswer {
  series?: {
    labels?: OtlpAttribute[];
    samples?: { timestampMs?: string; value?: number }[];
    exemplars?: { labels?: OtlpAttribute[]; value?: number; timestampMs?: string }[];
  }[];
  metrics?: Record<string, unknown>;
  status?: string;
  message?: string;
}

export async function traceMetrics(
  uid: string,
  query: string,
  range: AbsoluteRange,
  stepMs: number,
  signal: AbortSignal,
): Promise<TraceMetrics> {
  const request = withQuery(tempoPath(uid, 'metrics/query_range'), {
    q: interpolate(query, range.toMs - range.fromMs, stepMs),
    start: Math.floor(range.fromMs / 1000),
    end: Math.ceil(range.toMs / 1000),
    step: durationText(stepMs),
  });
  const answer = await requestJson<MetricsAnswer>(request, { signal });
  return { ...metricsIn(answer), request };
}

export function metricsIn(answer: MetricsAnswer): Omit<TraceMetrics, 'request'> {
  const all = answer.series ?? [];
  return {
    series: all.map(({ labels = [], samples = [] }) => ({
      labels: Object.fromEntries(labels.map(({ key, value }) => [key, plainText(value)])),
      points: samples.map(({ timestampMs, value }): [number, number] => [
        Number(timestampMs ?? 0),
        value ?? 0,
      ]),
    })),
    exemplars: all.flatMap(({ exemplars = [] }) =>
      exemplars.flatMap(({ labels = [], value, timestampMs }) => {
        const id = labels.find(({ key }) => key === 'trace:id' || key === 'traceID');
        return id
          ? [{ traceId: plainText(id.value), timeMs: Number(timestampMs ?? 0), value: value ?? 0 }]
          : [];
      }),
    ),
    warning: answer.status === 'PARTIAL' ? (answer.message ?? answer.status) : undefined,
    metrics: Object.fromEntries(
      Object.entries(answer.metrics ?? {})
        .map(([name, value]) => [name, Number(value)] as const)
        .filter(([, value]) => Number.isFinite(value)),
    ),
  };
}
