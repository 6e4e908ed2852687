import { describe, expect, test } from 'vitest';
import { definitionOf, freeName, nameProblem, newVariable } from './variable';

describe('names of variables', () => {
  test.each([
    ['', [], 'variable.nameEmpty'],
    ['a b', [], 'variable.nameInvalid'],
    ['__x', [], 'variable.nameInvalid'],
    ['service', ['service'], 'variable.nameTaken'],
    ['service', ['level'], undefined],
  ])('%j beside %j: %s', (name, taken, problem) => expect(nameProblem(name, taken)).toBe(problem));

  test.each([
    ['variable', [], 'variable1'],
    ['variable', ['variable1'], 'variable2'],
    ['service', ['service'], 'service1'],
    ['service1', ['service', 'service1'], 'service2'],
  ])('%s beside %j is copied as %s', (stem, taken, name) => expect(freeName(stem, taken)).toBe(name));
});

test('another type keeps what all types have and nothing else', () => {
  const before = { ...newVariable('custom', 'level', undefined), label: 'Level', query: 'a,b', multi: true };
  expect(newVariable('textbox', 'level', before)).toMatchObject({
    label: 'Level',
    query: '',
    type: 'textbox',
  });
  expect(newVariable('textbox', 'level', before)).not.toHaveProperty('multi');
});

test.each([
  [
    { type: 'query', query: { label: 'service_name', stream: '{job="x"}', type: 1 } },
    'service_name · {job="x"}',
  ],
  [{ type: 'custom', query: 'a,b' }, 'a,b'],
  [{ type: 'adhoc', filters: [{ key: 'level', operator: '=', value: 'error' }] }, 'level=error'],
  [{ type: 'query', definition: 'label_values(x)' }, 'label_values(x)'],
])('%j in one line', (variable, text) => expect(definitionOf({ name: 'v', ...variable })).toBe(text));
