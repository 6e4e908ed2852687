import { afterEach, describe, expect, test, vi } from 'vitest';
import { ApiError, isAbort, requestJson, setUnauthorizedHandler, withQuery } from './http';

function answer(status: number, body: string, headers: Record<string, string> = {}) {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { status, headers })));
}

afterEach(() => vi.unstubAllGlobals());

async function failure(): Promise<ApiError> {
  const error: unknown = await requestJson('/api/x').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

test('good answers are parsed', async () => {
  answer(200, '{"a":1}');
  await expect(requestJson('/api/x')).resolves.toEqual({ a: 1 });
});

describe('bad answers say whose fault it was', () => {
  test.each([
    [400, 'parse error at line 1, col 2', 'badRequest', 'parse error at line 1, col 2'],
    [400, '{"message":"bad name"}', 'badRequest', 'bad name'],
    [403, '{"message":"no"}', 'forbidden', 'no'],
    [429, '{"message":"slow down"}', 'badRequest', 'slow down'],
    [500, '<html>oops</html>', 'server', 'no message'],
    [502, '{"message":"loki is away"}', 'badGateway', 'loki is away'],
    [504, '', 'timeout', 'no message'],
  ])('%d %s', async (status, body, kind, message) => {
    answer(status, body);
    expect(await failure()).toMatchObject({ kind, status, message });
  });

  test('an answer that is not JSON', async () => {
    answer(200, '<html>');
    expect((await failure()).kind).toBe('server');
  });

  test('no answer at all', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    expect((await failure()).kind).toBe('unreachable');
  });
});

test('an ended session is reported once, to the application', async () => {
  const handler = vi.fn();
  setUnauthorizedHandler(handler);
  answer(401, '{"message":"Unauthorized"}');
  expect((await failure()).kind).toBe('unauthorized');
  expect(handler).toHaveBeenCalledOnce();
});

test('a superseded request is no error', async () => {
  vi.stubGlobal('fetch', (_: string, options: RequestInit) => Promise.reject(options.signal?.reason));
  const controller = new AbortController();
  controller.abort();
  const error: unknown = await requestJson('/api/x', { signal: controller.signal }).catch(
    (caught: unknown) => caught,
  );
  expect(isAbort(error)).toBe(true);
});

test('query strings leave out what has no value', () => {
  expect(withQuery('/x', { a: 1, b: '', c: undefined, d: 'é&' })).toBe('/x?a=1&d=%C3%A9%26');
  expect(withQuery('/x', {})).toBe('/x');
});
