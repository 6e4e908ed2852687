// Which dashboards the filters leave, and in which folders they lie.
import type { SearchHit } from '../../api/dashboards';

export interface DashboardFilter {
  query: string;
  tags: readonly string[];
  /** Empty text: outside of all folders. Undefined: anywhere. */
  folderUid: string | undefined;
  starred: boolean;
}

export function matching(hits: readonly SearchHit[], filter: DashboardFilter): SearchHit[] {
  const words = filter.query.toLowerCase().split(/\s+/).filter(Boolean);
  return hits.filter((hit) => {
    const title = hit.title.toLowerCase();
    return (
      words.every((word) => title.includes(word)) &&
      filter.tags.every((tag) => hit.tags.includes(tag)) &&
      (filter.folderUid === undefined || (hit.folderUid ?? '') === filter.folderUid) &&
      (!filter.starred || hit.isStarred)
    );
  });
}

export function groupByFolder(hits: readonly SearchHit[]): [string, SearchHit[]][] {
  const groups = new Map<string, SearchHit[]>();
  for (const hit of hits) {
    const folder = hit.folderTitle ?? '';
    groups.set(folder, [...(groups.get(folder) ?? []), hit]);
  }
  return [...groups]
    .map(([folder, members]): [string, SearchHit[]] => [
      folder,
      members.sort((left, right) => left.title.localeCompare(right.title)),
    ])
    .sort(([left], [right]) => Number(left === '') - Number(right === '') || left.localeCompare(right));
}

export function tagCounts(hits: readonly SearchHit[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const tag of hits.flatMap((hit) => hit.tags)) {
    counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  return [...counts].sort(([left], [right]) => left.localeCompare(right));
}
