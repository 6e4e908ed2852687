import { describe, expect, test } from 'vitest';
import { en } from './en';
import { es } from './es';
import { preferredLanguage, translator } from './translate';

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe('every language', () => {
  test('has the same keys in the same order', () => {
    expect(Object.keys(es)).toEqual(Object.keys(en));
  });

  test.each(Object.keys(en) as (keyof typeof en)[])('%s has the same arguments', (key) => {
    expect(placeholders(es[key])).toEqual(placeholders(en[key]));
    expect(es[key].trim()).not.toBe('');
  });
});

test('arguments and plurals', () => {
  const t = translator('es');
  expect(t('home.componentsUp', { up: 7, total: 8 })).toBe('7 de 8 activos');
  expect(t.plural('logs.shown', 1)).toBe('1 línea');
  expect(t.plural('logs.shown', 12_000)).toBe('12.000 líneas');
  expect(t.optional('role.order-service')).toBe('Pedidos y pagos');
  expect(t.optional('role.other')).toBeUndefined();
});

test('the browser chooses the first language we speak', () => {
  expect(preferredLanguage(['fr-FR', 'es-MX', 'en'])).toBe('es');
  expect(preferredLanguage(['fr'])).toBe('en');
  expect(preferredLanguage([])).toBe('en');
});
