// OTLP as Tempo's JSON writes it: ids in base64, 64-bit numbers as text, zero values left out.
import type { Attribute, Span, SpanEvent, SpanKind, SpanLink, SpanStatus } from './trace';

interface OtlpValue {
  stringValue?: string;
  intValue?: string | number;
  doubleValue?: number;
  boolValue?: boolean;
  bytesValue?: string;
  arrayValue?: { values?: OtlpValue[] };
  kvlistValue?: { values?: OtlpAttribute[] };
}

export interface OtlpAttribute {
  key: string;
  value?: OtlpValue;
}

interface OtlpSpan {
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  name?: string;
  kind?: string | number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: OtlpAttribute[];
  events?: { timeUnixNano?: string; name?: string; attributes?: OtlpAttribute[] }[];
  links?: { traceId?: string; spanId?: string; attributes?: OtlpAttribute[] }[];
  status?: { code?: string | number; message?: string };
}

export interface OtlpResourceSpans {
  resource?: { attributes?: OtlpAttribute[] };
  scopeSpans?: { scope?: { name?: string; version?: string }; spans?: OtlpSpan[] }[];
}

export function decodeTrace(resourceSpans: readonly OtlpResourceSpans[]): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const resourceAttributes = attributesOf(resource?.attributes);
    const service =
      resourceAttributes.find((attribute) => attribute.name === 'service.name')?.value ?? 'unknown';
    return (scopeSpans ?? []).flatMap(({ scope, spans }) => {
      const scopeText = [scope?.name, scope?.version].filter(Boolean).join(' ');
      return (spans ?? []).map((span) => decodeSpan(span, service, scopeText, resourceAttributes));
    });
  });
}

function decodeSpan(span: OtlpSpan, service: string, scope: string, resource: Attribute[]): Span {
  const startNs = BigInt(span.startTimeUnixNano ?? '0');
  const endNs = BigInt(span.endTimeUnixNano ?? '0');
  return {
    spanId: hexId(span.spanId),
    parentId: hexId(span.parentSpanId),
    service,
    name: span.name ?? '',
    kind: kindOf(span.kind),
    status: statusOf(span.status?.code),
    statusMessage: span.status?.message ?? '',
    startNs,
    durationNs: endNs > startNs ? endNs - startNs : 0n,
    attributes: attributesOf(span.attributes),
    resource,
    scope,
    events: (span.events ?? []).map(
      (event): SpanEvent => ({
        name: event.name ?? '',
        timeNs: BigInt(event.timeUnixNano ?? '0'),
        attributes: attributesOf(event.attributes),
      }),
    ),
    links: (span.links ?? []).map(
      (link): SpanLink => ({
        traceId: hexId(link.traceId),
        spanId: hexId(link.spanId),
        attributes: attributesOf(link.attributes),
      }),
    ),
  };
}

function attributesOf(attributes: readonly OtlpAttribute[] | undefined): Attribute[] {
  return (attributes ?? [])
    .map(({ key, value }) => ({ name: key, value: plainText(value) }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** A value as people read it. */
export function plainText(value: OtlpValue | undefined): string {
  const plain = plainValue(value);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}

function plainValue(value: OtlpValue | undefined): unknown {
  if (!value) {
    return '';
  }
  if (value.arrayValue) {
    return (value.arrayValue.values ?? []).map(plainValue);
  }
  if (value.kvlistValue) {
    return Object.fromEntries(
      (value.kvlistValue.values ?? []).map((pair) => [pair.key, plainValue(pair.value)]),
    );
  }
  const scalar =
    value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue ?? value.bytesValue;
  // A 64-bit integer is text on the wire and stays text: a number would lose digits.
  return typeof scalar === 'number' || typeof scalar === 'boolean' ? String(scalar) : (scalar ?? '');
}

const HEX_ID = /^([0-9a-f]{16}|[0-9a-f]{32})$/i;

/** Base64 as Tempo writes ids, or hexadecimal as OTLP's own JSON does. */
export function hexId(id: string | undefined): string {
  if (!id) {
    return '';
  }
  if (HEX_ID.test(id)) {
    return id.toLowerCase();
  }
  try {
    return Array.from(atob(id), (character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join(
      '',
    );
  } catch {
    return '';
  }
}

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

function kindOf(kind: string | number | undefined): SpanKind {
  if (typeof kind === 'number') {
    return KINDS[kind] ?? 'unspecified';
  }
  const name = kind?.replace('SPAN_KIND_', '').toLowerCase();
  return KINDS.find((candidate) => candidate === name) ?? 'unspecified';
}

function statusOf(code: string | number | undefined): SpanStatus {
  if (code === 2 || code === 'STATUS_CODE_ERROR') {
    return 'error';
  }
  return code === 1 || code === 'STATUS_CODE_OK' ? 'ok' : 'unset';
}
