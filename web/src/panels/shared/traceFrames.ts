// A trace out of the frame that Tempo sources answer a trace id with.
import type { DataFrame } from '@grafana/data';
import type { Attribute, Span, SpanKind, SpanStatus, Trace } from '../../datasources/tempo/trace';

interface Pair {
  key: string;
  value: unknown;
}

interface RawEvent {
  timestamp?: number;
  name?: string;
  fields?: Pair[];
}

interface RawReference {
  traceID?: string;
  spanID?: string;
  tags?: Pair[];
}

export function isTraceFrame(frame: DataFrame): boolean {
  const names = new Set(frame.fields.map((field) => field.name.toLowerCase()));
  return names.has('traceid') && names.has('spanid') && names.has('starttime');
}

export function toTrace(frame: DataFrame): Trace {
  const column = (name: string) =>
    frame.fields.find((field) => field.name.toLowerCase() === name.toLowerCase())?.values ?? [];
  const text = (name: string, row: number) => String(column(name)[row] ?? '');
  const spans = Array.from({ length: frame.length }, (_, row): Span => {
    const tags = parsed<Pair[]>(column('tags')[row]) ?? [];
    const startMs = Number(column('startTime')[row] ?? 0);
    return {
      spanId: text('spanID', row),
      parentId: text('parentSpanID', row),
      service: text('serviceName', row),
      name: text('operationName', row),
      kind: (text('kind', row) || tagOf(tags, 'span.kind') || 'unspecified') as SpanKind,
      status: statusOf(column('statusCode')[row], tags),
      statusMessage: text('statusMessage', row),
      startNs: BigInt(Math.round(startMs * 1000)) * 1000n,
      durationNs: BigInt(Math.round(Number(column('duration')[row] ?? 0) * 1000)) * 1000n,
      attributes: tags.map(toAttribute),
      resource: (parsed<Pair[]>(column('serviceTags')[row]) ?? []).map(toAttribute),
      scope: text('instrumentationLibraryName', row),
      events: (parsed<RawEvent[]>(column('logs')[row]) ?? []).map((event) => ({
        name: event.name ?? String(event.fields?.find((pair) => pair.key === 'message')?.value ?? ''),
        timeNs: BigInt(Math.round((event.timestamp ?? startMs) * 1000)) * 1000n,
        attributes: (event.fields ?? []).map(toAttribute),
      })),
      links: (parsed<RawReference[]>(column('references')[row]) ?? []).map((reference) => ({
        traceId: reference.traceID ?? '',
        spanId: reference.spanID ?? '',
        attributes: (reference.tags ?? []).map(toAttribute),
      })),
    };
  });
  return { traceId: text('traceID', 0), spans, warning: undefined };
}

function statusOf(code: unknown, tags: readonly Pair[]): SpanStatus {
  const failed =
    code === 2 || String(code).toLowerCase().includes('error') || tagOf(tags, 'error') === 'true';
  return failed ? 'error' : code === 1 ? 'ok' : 'unset';
}

function tagOf(tags: readonly Pair[], key: string): string | undefined {
  const found = tags.find((pair) => pair.key === key);
  return found === undefined ? undefined : String(found.value);
}

function toAttribute({ key, value }: Pair): Attribute {
  return { name: key, value: typeof value === 'string' ? value : JSON.stringify(value) };
}

function parsed<Result>(value: unknown): Result | undefined {
  if (typeof value !== 'string') {
    return (value ?? undefined) as Result | undefined;
  }
  try {
    return JSON.parse(value) as Result;
  } catch {
    return undefined;
  }
}
