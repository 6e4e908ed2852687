import { expect, test } from 'vitest';
import { groupByFolder, matching, tagCounts } from './grouping';

const hit = (title: string, folderTitle?: string, tags: string[] = [], isStarred = false) => ({
  uid: title,
  title,
  type: 'dash-db' as const,
  url: '',
  tags,
  isStarred,
  folderUid: folderTitle?.toLowerCase(),
  folderTitle,
});
const HITS = [
  hit('Logs of shop', 'Shop', ['a', 'b']),
  hit('Alpha', undefined, ['a'], true),
  hit('Beta', 'Shop'),
];
const ALL = { query: '', tags: [], folderUid: undefined, starred: false };

test.each([
  [{ ...ALL, query: 'shop logs' }, ['Logs of shop']],
  [{ ...ALL, tags: ['a'] }, ['Logs of shop', 'Alpha']],
  [{ ...ALL, folderUid: '' }, ['Alpha']],
  [{ ...ALL, starred: true }, ['Alpha']],
])('%j', (filter, titles) => expect(matching(HITS, filter).map(({ title }) => title)).toEqual(titles));

test('folders come first, in their order', () => {
  expect(groupByFolder(HITS).map(([folder, members]) => [folder, members.length])).toEqual([
    ['Shop', 2],
    ['', 1],
  ]);
  expect(tagCounts(HITS)).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
});
