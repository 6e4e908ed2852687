// The one place that talks to the server: same origin, session cookie, JSON, a deadline on every request,
// and errors that say whose fault it was so that pages can tell the reader what to do.

const DEADLINE_MS = 30_000;

export type ErrorKind =
  | 'unreachable'
  | 'timeout'
  | 'unauthorized'
  | 'forbidden'
  | 'badGateway'
  | 'badRequest'
  | 'server';

export class ApiError extends Error {
  constructor(
    readonly kind: ErrorKind,
    readonly status: number,
    message: string,
    readonly retryAfterSecs?: number,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** Called when any request finds the session gone. The application shows the login page then. */
let onUnauthorized: () => void = () => undefined;

export function setUnauthorizedHandler(handler: () => void): void {
  onUnauthorized = handler;
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

type QueryValue = string | number | boolean | undefined;

/** Appends the parameters that have a value. */
export function withQuery(path: string, parameters: Record<string, QueryValue>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') {
      query.set(name, String(value));
    }
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

export async function requestJson<Result>(path: string, options: RequestOptions = {}): Promise<Result> {
  const response = await send(path, options);
  if (!response.ok) {
    const error = await errorOf(response);
    if (error.kind === 'unauthorized') {
      onUnauthorized();
    }
    throw error;
  }
  try {
    return (await response.json()) as Result;
  } catch {
    throw new ApiError('server', response.status, 'the answer is not valid JSON');
  }
}

/** Like `requestJson`, but a 401 is an answer (a refused login), not the end of the session. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
  }
  try {
    return await fetch(path, {
      method: options.method ?? 'GET',
      credentials: 'same-origin',
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal,
    });
  } catch (error) {
    if (options.signal?.aborted) {
      throw new DOMException('superseded', 'AbortError');
    }
    if (deadline.aborted) {
      throw new ApiError('timeout', 0, 'no answer in time');
    }
    throw new ApiError('unreachable', 0, error instanceof Error ? error.message : String(error));
  }
}

export async function errorOf(response: Response): Promise<ApiError> {
  const message = messageOf(await response.text().catch(() => '')) || response.statusText || 'no message';
  const retryAfter = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return new ApiError(
    kindOf(response.status),
    response.status,
    message,
    Number.isNaN(retryAfter) ? undefined : retryAfter,
  );
}

const LONGEST_MESSAGE = 400;

/** Grafana answers errors as `{"message":…}`, the stores answer plain text. */
function messageOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) {
      const { message, error } = parsed as { message?: unknown; error?: unknown };
      const text = message ?? error;
      return typeof text === 'string' ? text : '';
    }
  } catch {
    // Not JSON: the text itself is the message, unless it is a whole page.
  }
  return body.trimStart().startsWith('<') ? '' : body.trim().slice(0, LONGEST_MESSAGE);
}

function kindOf(status: number): ErrorKind {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 502:
    case 503:
      return 'badGateway';
    case 408:
    case 504:
      return 'timeout';
    default:
      return status >= 400 && status < 500 ? 'badRequest' : 'server';
  }
}
