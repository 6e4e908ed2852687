// Dashboards on the server: search, load, save, versions, import, stars, folders, short links.
import type { Dashboard } from '../dashboard/model';
import { requestJson } from './http';

export interface SearchHit {
  uid: string;
  title: string;
  type: 'dash-db' | 'dash-folder';
  url: string;
  tags: string[];
  isStarred: boolean;
  folderUid?: string;
  folderTitle?: string;
}

export interface SearchQuery {
  query?: string;
  tags?: readonly string[];
  folderUid?: string;
  starred?: boolean;
  limit?: number;
}

export function searchDashboards(search: SearchQuery, signal?: AbortSignal): Promise<SearchHit[]> {
  const parameters = new URLSearchParams({ type: 'dash-db', limit: String(search.limit ?? 1000) });
  if (search.query) {
    parameters.set('query', search.query);
  }
  if (search.starred) {
    parameters.set('starred', 'true');
  }
  if (search.folderUid) {
    parameters.set('folderUIDs', search.folderUid);
  }
  for (const tag of search.tags ?? []) {
    parameters.append('tag', tag);
  }
  return requestJson<SearchHit[]>(`/api/search?${parameters}`, { signal });
}

export interface Folder {
  uid: string;
  title: string;
}

export function listFolders(signal?: AbortSignal): Promise<Folder[]> {
  return requestJson<Folder[]>('/api/folders?limit=1000', { signal });
}

export function createFolder(title: string): Promise<Folder> {
  return requestJson<Folder>('/api/folders', { method: 'POST', body: { title } });
}

export interface DashboardMeta {
  canSave?: boolean;
  canEdit?: boolean;
  canDelete?: boolean;
  isStarred?: boolean;
  slug?: string;
  url?: string;
  version?: number;
  folderUid?: string;
  folderTitle?: string;
  provisioned?: boolean;
  provisionedExternalId?: string;
  created?: string;
  createdBy?: string;
  updated?: string;
  updatedBy?: string;
}

export interface LoadedDashboard {
  dashboard: Dashboard;
  meta: DashboardMeta;
}

const uidPath = (uid: string) => `/api/dashboards/uid/${encodeURIComponent(uid)}`;

export function loadDashboard(uid: string, signal?: AbortSignal): Promise<LoadedDashboard> {
  return requestJson<LoadedDashboard>(uidPath(uid), { signal });
}

/** The dashboard that `/` shows: what the server redirects to, or one that it keeps in a file; undefined if neither. */
export async function loadHome(signal?: AbortSignal): Promise<LoadedDashboard | undefined> {
  const home = await requestJson<Partial<LoadedDashboard> & { redirectUri?: string }>(
    '/api/dashboards/home',
    { signal },
  );
  const uid = /^\/d\/([^/?#]+)/.exec(home.redirectUri ?? '')?.[1];
  if (uid) {
    return loadDashboard(decodeURIComponent(uid), signal);
  }
  const { dashboard, meta = {} } = home;
  return dashboard?.panels?.length ? { dashboard, meta } : undefined;
}

export interface SaveRequest {
  dashboard: Dashboard;
  message?: string;
  folderUid?: string;
  overwrite?: boolean;
}

export interface SaveResult {
  uid: string;
  url: string;
  version: number;
}

export function saveDashboard(request: SaveRequest): Promise<SaveResult> {
  return requestJson<SaveResult>('/api/dashboards/db', { method: 'POST', body: request });
}

export async function deleteDashboard(uid: string): Promise<void> {
  await requestJson(uidPath(uid), { method: 'DELETE' });
}

export async function setStar(uid: string, starred: boolean): Promise<void> {
  await requestJson(`/api/user/stars/dashboard/uid/${encodeURIComponent(uid)}`, {
    method: starred ? 'POST' : 'DELETE',
  });
}

export interface DashboardVersion {
  version: number;
  created: string;
  createdBy: string;
  message: string;
  restoredFrom?: number;
}

export async function listVersions(uid: string, signal?: AbortSignal): Promise<DashboardVersion[]> {
  const answer = await requestJson<DashboardVersion[] | { versions: DashboardVersion[] }>(
    `${uidPath(uid)}/versions?limit=100`,
    { signal },
  );
  return Array.isArray(answer) ? answer : answer.versions;
}

export async function loadVersion(uid: string, version: number, signal?: AbortSignal): Promise<Dashboard> {
  const { data } = await requestJson<{ data: Dashboard }>(`${uidPath(uid)}/versions/${version}`, { signal });
  return data;
}

export function restoreVersion(uid: string, version: number): Promise<SaveResult> {
  return requestJson<SaveResult>(`${uidPath(uid)}/restore`, { method: 'POST', body: { version } });
}

export interface ImportInput {
  name: string;
  type: string;
  pluginId?: string;
  value: string;
}

export function importDashboard(request: {
  dashboard: Dashboard;
  inputs: ImportInput[];
  folderUid?: string;
  overwrite: boolean;
}): Promise<{ uid: string; importedUrl: string }> {
  return requestJson('/api/dashboards/import', { method: 'POST', body: request });
}

/** A short address for a path of this site. */
export function shorten(path: string): Promise<{ uid: string; url: string }> {
  return requestJson('/api/short-urls', { method: 'POST', body: { path } });
}
