// The search form as the URL holds it, and what it asks of the trace store. No React in here.
import { isDuration, parseTags, printTags, type TraceSearch } from '../../datasources/tempo/client';
import type { AbsoluteRange } from '../../lib/timeRange';

export interface SearchForm {
  service: string;
  name: string;
  min: string;
  max: string;
  tags: string;
  errors: boolean;
  limit: number;
}

export const LIMITS = [20, 50, 100, 200];

export const EMPTY_FORM: SearchForm = {
  service: '',
  name: '',
  min: '',
  max: '',
  tags: '',
  errors: false,
  limit: 50,
};

export function readForm(parameters: URLSearchParams): SearchForm {
  const text = (name: string) => parameters.get(name)?.trim() ?? '';
  const limit = Number(parameters.get('limit'));
  return {
    service: text('service'),
    name: text('name'),
    min: text('min'),
    max: text('max'),
    tags: text('tags'),
    errors: parameters.get('errors') === '1',
    limit: LIMITS.includes(limit) ? limit : EMPTY_FORM.limit,
  };
}

/** Writes the form over what the URL holds already (its time range, say). */
export function writeForm(parameters: URLSearchParams, form: SearchForm): URLSearchParams {
  const values: Record<string, string> = {
    service: form.service,
    name: form.name,
    min: form.min,
    max: form.max,
    tags: form.tags,
    errors: form.errors ? '1' : '',
    limit: form.limit === EMPTY_FORM.limit ? '' : String(form.limit),
  };
  for (const [name, value] of Object.entries(values)) {
    if (value) {
      parameters.set(name, value);
    } else {
      parameters.delete(name);
    }
  }
  return parameters;
}

export type FormProblem = 'min' | 'max' | 'tags';

export function problemsOf(form: SearchForm): Set<FormProblem> {
  const problems = new Set<FormProblem>();
  if (form.min && !isDuration(form.min)) {
    problems.add('min');
  }
  if (form.max && !isDuration(form.max)) {
    problems.add('max');
  }
  if (!parseTags(form.tags)) {
    problems.add('tags');
  }
  return problems;
}

export function toSearch(form: SearchForm, range: AbsoluteRange): TraceSearch {
  const tags: Record<string, string> = { ...parseTags(form.tags) };
  if (form.service) {
    tags['service.name'] = form.service;
  }
  if (form.name) {
    tags.name = form.name;
  }
  if (form.errors) {
    tags.status = 'error';
  }
  return { tags, minDuration: form.min, maxDuration: form.max, limit: form.limit, ...range };
}

export function isFiltered(form: SearchForm): boolean {
  return printTags(toSearch(form, { fromMs: 0, toMs: 0 }).tags) !== '' || form.min !== '' || form.max !== '';
}
