// Names and values of attributes that exist in a trace store.
import { requestJson, withQuery } from '../../api/http';
import type { AbsoluteRange } from '../../lib/timeRange';
import { tempoPath } from './proxy';

export interface TagScope {
  name: string;
  tags: string[];
}

export interface TagValue {
  type: string;
  value: string;
}

const seconds = ({ fromMs, toMs }: AbsoluteRange) => ({
  start: Math.floor(fromMs / 1000),
  end: Math.ceil(toMs / 1000),
});

export async function tagScopes(
  uid: string,
  range: AbsoluteRange,
  signal?: AbortSignal,
): Promise<TagScope[]> {
  const path = withQuery(tempoPath(uid, 'v2/search/tags'), { ...seconds(range), limit: 1000 });
  const { scopes = [] } = await requestJson<{ scopes?: { name: string; tags?: string[] }[] }>(path, {
    signal,
  });
  return scopes.map(({ name, tags = [] }) => ({ name, tags: [...tags].sort() }));
}

/** `tag`: as TraceQL names it. `query` narrows down the spans that are looked at. */
export async function valuesOfTag(
  uid: string,
  tag: string,
  range: AbsoluteRange,
  query?: string,
  signal?: AbortSignal,
): Promise<TagValue[]> {
  // Twice: the proxy takes one layer off, and a slash in a name must survive that.
  const name = encodeURIComponent(encodeURIComponent(tag));
  const path = withQuery(tempoPath(uid, `v2/search/tag/${name}/values`), { ...seconds(range), q: query });
  const { tagValues = [] } = await requestJson<{ tagValues?: TagValue[] }>(path, { signal });
  return [...tagValues].sort((left, right) => (left.value < right.value ? -1 : 1));
}

/** All names as TraceQL writes them: scoped attributes first, intrinsics bare. */
export function qualifiedTags(scopes: readonly TagScope[]): string[] {
  return scopes.flatMap(({ name, tags }) =>
    name === 'intrinsic' ? tags : tags.map((tag) => `${name}.${tag}`),
  );
}
