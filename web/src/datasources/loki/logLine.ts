// What a log line of the shop says: the JSON object that each service writes, or plain text.

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'unknown';

export interface LogEntry {
  /** Nanoseconds since 1970 as text: too large for a number. */
  timestampNs: string;
  timeMs: number;
  line: string;
  /** Of the stream the line belongs to. */
  labels: Record<string, string>;
  /** Attached to this line alone. */
  metadata: Record<string, string>;
  service: string;
  level: LogLevel;
  message: string;
  /** Fields of a JSON line in their order, or those that the query found; undefined for plain text. */
  fields: LogField[] | undefined;
  traceId: string | undefined;
  spanId: string | undefined;
}

export interface LogField {
  name: string;
  value: string;
}

const LEVELS: Record<string, LogLevel> = {
  error: 'error',
  err: 'error',
  fatal: 'error',
  critical: 'error',
  crit: 'error',
  warn: 'warn',
  warning: 'warn',
  info: 'info',
  notice: 'info',
  debug: 'debug',
  trace: 'debug',
};

export function toLevel(text: string | undefined): LogLevel {
  return LEVELS[text?.toLowerCase() ?? ''] ?? 'unknown';
}

const TRACE_ID = /^[0-9a-f]{32}$/i;

export function parseEntry(
  timestampNs: string,
  line: string,
  labels: Record<string, string>,
  metadata: Record<string, string> = {},
  parsed: Record<string, string> = {},
): LogEntry {
  const json = parseObject(line);
  const text = (name: string) => {
    const value = json?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const traceId = text('trace_id') ?? metadata.trace_id ?? parsed.trace_id ?? labels.trace_id;
  return {
    timestampNs,
    timeMs: Number(timestampNs.slice(0, -6)),
    line,
    labels,
    metadata,
    service: text('service') ?? labels.service_name ?? labels.job ?? '',
    level: toLevel(text('level') ?? labels.level ?? metadata.detected_level ?? labels.detected_level),
    message: text('message') ?? text('msg') ?? text('event') ?? line,
    fields: json ? flatten(json) : parsedFields(parsed),
    traceId: traceId && TRACE_ID.test(traceId) ? traceId.toLowerCase() : undefined,
    spanId: text('span_id') ?? metadata.span_id ?? parsed.span_id ?? labels.span_id,
  };
}

function parsedFields(parsed: Record<string, string>): LogField[] | undefined {
  const fields = Object.entries(parsed).filter(([name]) => !name.startsWith('__'));
  return fields.length > 0 ? fields.map(([name, value]) => ({ name, value })) : undefined;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const DEEPEST = 3;

/** Nested objects become dotted names; arrays and what lies too deep stay JSON text. */
function flatten(object: Record<string, unknown>, prefix = '', depth = 0): LogField[] {
  return Object.entries(object).flatMap(([name, value]) => {
    const path = prefix + name;
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && depth < DEEPEST) {
      return flatten(value as Record<string, unknown>, `${path}.`, depth + 1);
    }
    return [{ name: path, value: typeof value === 'string' ? value : JSON.stringify(value) }];
  });
}

/** Fields that each row shows in its own place, or that mean little to a reader. */
const SHOWN_ELSEWHERE = new Set([
  'timestamp',
  'time',
  'level',
  'service',
  'message',
  'msg',
  'trace_id',
  'span_id',
  'request_id',
  'session_id',
  'synthetic',
  'target',
  'user_agent',
]);

/** The fields worth reading next to the message, in short: none that the message says already. */
export function summaryFields(entry: LogEntry): LogField[] {
  const fields = (entry.fields ?? []).filter(
    (field) =>
      !SHOWN_ELSEWHERE.has(field.name) &&
      field.value !== '' &&
      field.value !== 'null' &&
      !containsWord(entry.message, field.value),
  );
  // The event says most: it comes first.
  return [...fields.filter(isEvent), ...fields.filter((field) => !isEvent(field))];
}

const isEvent = (field: LogField) => field.name === 'event';

function containsWord(text: string, word: string): boolean {
  const at = text.indexOf(word);
  return at >= 0 && !/\w/.test(text.charAt(at - 1)) && !/\w/.test(text.charAt(at + word.length));
}
