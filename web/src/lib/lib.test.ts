import { describe, expect, test } from 'vitest';
import { ApiError } from '../api/http';
import { EVERYTHING } from '../datasources/loki/logql';
import { translator } from '../i18n/translate';
import { describeError } from './errors';
import { formatters } from './format';
import { logsOfIdPath, logsPath, safeReturnPath, searchQuery, tracePath } from './paths';
import { isRangeBound, isRelative, resolveRange, shiftRange, zoomOut } from './timeRange';

describe('formats', () => {
  const en = formatters('en', 'utc');
  const es = formatters('es', 'utc');

  test.each([
    [0.25, '250 µs'],
    [3.1234, '3.12 ms'],
    [45.67, '45.7 ms'],
    [999, '999 ms'],
    [2090, '2.09 s'],
    [125_000, '2 min 5 s'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(en.durationMs(milliseconds)).toBe(text);
  });

  test.each([
    [12, '12 s'],
    [3599, '59 min'],
    [3725, '1 h 2 min'],
    [90_000, '1 d 1 h'],
  ])('up for %d s is %s', (seconds, text) => {
    expect(en.uptime(seconds)).toBe(text);
  });

  test('each language has its own separators', () => {
    expect([en.rate(3.08), es.rate(3.08)]).toEqual(['3.08', '3,08']);
    expect(es.percent(0.0065)).toBe('0,65 %');
    expect(en.money(12.5, 'EUR')).toBe('€12.50');
    expect(en.clockPrecise(1_700_000_000_123)).toBe('22:13:20.123');
    expect(formatters('en', 'America/Lima').clock(1_700_000_000_123)).toBe('17:13:20');
    expect(en.relative(1000, 61_000)).toBe('1m ago');
  });
});

describe('paths', () => {
  test('links carry their whole state', () => {
    expect(logsPath({ query: '{a="b"}', range: { from: 'now-1h', to: 'now' } })).toBe(
      '/logs?query=%7Ba%3D%22b%22%7D&from=now-1h&to=now',
    );
    expect(tracePath('abc', 'def')).toBe('/trace/abc?span=def');
    const link = new URL(logsOfIdPath(EVERYTHING, 'abc', 1_700_000_000_000, 20), 'http://x');
    expect(link.searchParams.get('query')).toBe('{service_name=~".+"} |= "abc"');
    expect(link.searchParams.get('from')).toBe('1699999940000');
    expect(link.searchParams.get('to')).toBe('1700000300020');
    expect(searchQuery(EVERYTHING, '')).toBe(EVERYTHING);
  });

  test.each([
    ['/logs?query=x', '/logs?query=x'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/login?redirect=/login', '/'],
    [null, '/'],
  ])('after the login, %s leads to %s', (candidate, path) => {
    expect(safeReturnPath(candidate)).toBe(path);
  });
});

describe('time ranges', () => {
  test.each(['now', 'now-15m', 'now-1d/d', '1700000000000'])('%s is a bound', (text) => {
    expect(isRangeBound(text)).toBe(true);
  });
  test.each(['', 'yesterday', 'now-15x', '12', '<script>', null])('%s is none', (text) => {
    expect(isRangeBound(text)).toBe(false);
  });

  test('resolving, shifting, zooming', () => {
    const range = resolveRange({ from: '1700000000000', to: '1700000060000' });
    expect(range).toEqual({ fromMs: 1_700_000_000_000, toMs: 1_700_000_060_000 });
    expect(shiftRange(range, -1)).toEqual({ from: '1699999970000', to: '1700000030000' });
    expect(zoomOut(range)).toEqual({ from: '1699999970000', to: '1700000090000' });
    const recent = resolveRange({ from: 'now-15m', to: 'now' });
    expect(recent.toMs - recent.fromMs).toBeGreaterThan(14 * 60_000);
    expect(resolveRange({ from: 'now', to: 'now-1h' }).toMs).toBeGreaterThan(0);
    expect(isRelative({ from: 'now-1h', to: 'now' })).toBe(true);
    expect(isRelative({ from: '1700000000000', to: '1700000060000' })).toBe(false);
  });
});

test.each([
  [new ApiError('unreachable', 0, 'x'), 'does not answer'],
  [new ApiError('badGateway', 502, 'x'), 'log store does not answer'],
  [new ApiError('badRequest', 400, 'parse error at line 1'), 'parse error at line 1'],
  [new ApiError('timeout', 504, 'x'), 'took too long'],
  [new ApiError('forbidden', 403, 'x'), 'may not read'],
  [new ApiError('server', 500, 'boom'), '500: boom'],
  [new Error('other'), 'other'],
])('%s is explained', (error, text) => {
  expect(describeError(error, 'logs', translator('en'))).toContain(text);
});
