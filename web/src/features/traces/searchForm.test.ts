import { expect, test } from 'vitest';
import { EMPTY_FORM, isFiltered, problemsOf, readForm, toSearch, writeForm } from './searchForm';

const form = {
  service: 'order-service',
  name: 'create_order',
  min: '100ms',
  max: '2s',
  tags: 'user.id=7',
  errors: true,
  limit: 100,
};

test('the form survives the URL, and leaves the rest of it alone', () => {
  const url = writeForm(new URLSearchParams('from=now-1h&to=now&tags=old'), form);
  expect(readForm(url)).toEqual(form);
  expect(url.get('from')).toBe('now-1h');
  expect(writeForm(url, EMPTY_FORM).toString()).toBe('from=now-1h&to=now');
  expect(readForm(new URLSearchParams('limit=9999999&errors=yes'))).toEqual(EMPTY_FORM);
});

test('all fields become one search', () => {
  expect(toSearch(form, { fromMs: 1, toMs: 2 })).toEqual({
    tags: { 'user.id': '7', 'service.name': 'order-service', name: 'create_order', status: 'error' },
    minDuration: '100ms',
    maxDuration: '2s',
    limit: 100,
    fromMs: 1,
    toMs: 2,
  });
  expect(isFiltered(form)).toBe(true);
  expect(isFiltered(EMPTY_FORM)).toBe(false);
});

test('mistakes are found before anything is asked', () => {
  expect([...problemsOf({ ...form, min: '5', max: 'soon', tags: 'word' })]).toEqual(['min', 'max', 'tags']);
  expect(problemsOf(form).size).toBe(0);
});
