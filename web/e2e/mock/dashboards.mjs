// Dashboards as the dashboard server keeps them: those of infrastructure/ as provisioned ones, saved ones in memory.
import fs from 'node:fs';
import path from 'node:path';

const provisioned = path.resolve(import.meta.dirname, '../../../infrastructure/grafana/dashboards');
const FOLDER = { id: 1, uid: 'ecommerce', title: 'E-Commerce' };

const slug = (title) =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

export class Dashboards {
  constructor() {
    this.entries = new Map();
    this.folders = [FOLDER];
    this.stars = new Set();
    this.links = new Map();
    for (const name of fs.readdirSync(provisioned).filter((file) => file.endsWith('.json'))) {
      const dashboard = JSON.parse(fs.readFileSync(path.join(provisioned, name), 'utf8'));
      this.entries.set(dashboard.uid, {
        folderUid: FOLDER.uid,
        provisioned: name,
        versions: [this.#version({ ...dashboard, version: 1 }, 1, 'Provisioned')],
      });
    }
  }

  #version(dashboard, version, message) {
    return {
      version,
      created: new Date().toISOString(),
      createdBy: 'admin',
      message,
      data: { ...dashboard, version },
    };
  }

  /** Answers a request below /api, or undefined when it is about something else. */
  answer(method, url, body) {
    const { pathname, searchParams } = url;
    const uid = /^\/api\/dashboards\/uid\/([^/]+)/.exec(pathname)?.[1];
    const rest = uid && pathname.slice(`/api/dashboards/uid/${uid}`.length);
    if (uid) {
      return this.#one(method, decodeURIComponent(uid), rest, body);
    }
    const starred = /^\/api\/user\/stars\/dashboard\/uid\/(.+)$/.exec(pathname)?.[1];
    if (starred) {
      this.stars[method === 'POST' ? 'add' : 'delete'](starred);
      return { json: { message: method === 'POST' ? 'Dashboard starred!' : 'Dashboard unstarred' } };
    }
    switch (`${method} ${pathname}`) {
      case 'GET /api/dashboards/home':
        return { json: { redirectUri: '/d/ecommerce-overview/e-commerce-lab-overview' } };
      case 'GET /api/search':
        return { json: this.#search(searchParams) };
      case 'GET /api/folders':
        return { json: this.folders };
      case 'POST /api/folders':
        this.folders.push({ id: this.folders.length + 1, uid: `f${this.folders.length}`, title: body.title });
        return { json: this.folders.at(-1) };
      case 'POST /api/dashboards/db':
        return this.#save(body);
      case 'POST /api/dashboards/import':
        return this.#import(body);
      case 'POST /api/short-urls': {
        const key = `s${this.links.size + 1}`;
        this.links.set(key, body.path);
        return { json: { uid: key, url: `/goto/${key}` } };
      }
      default:
        return undefined;
    }
  }

  #search(parameters) {
    const text = (parameters.get('query') ?? '').toLowerCase();
    const tags = parameters.getAll('tag');
    return [...this.entries]
      .map(([uid, entry]) => {
        const { title, tags: own = [] } = entry.versions[0].data;
        const folder = this.folders.find((candidate) => candidate.uid === entry.folderUid);
        return {
          uid,
          title,
          type: 'dash-db',
          url: `/d/${uid}/${slug(title)}`,
          tags: own,
          isStarred: this.stars.has(uid),
          folderUid: folder?.uid,
          folderTitle: folder?.title,
        };
      })
      .filter((hit) => hit.title.toLowerCase().includes(text) && tags.every((tag) => hit.tags.includes(tag)))
      .filter((hit) => parameters.get('starred') !== 'true' || hit.isStarred)
      .slice(0, Number(parameters.get('limit') ?? 1000));
  }

  #one(method, uid, rest, body) {
    const entry = this.entries.get(uid);
    if (!entry) {
      return { status: 404, text: JSON.stringify({ message: 'Dashboard not found' }) };
    }
    const [newest] = entry.versions;
    if (rest === '' && method === 'GET') {
      const folder = this.folders.find((candidate) => candidate.uid === entry.folderUid);
      const meta = {
        canSave: true,
        canEdit: true,
        canStar: true,
        isStarred: this.stars.has(uid),
        slug: slug(newest.data.title),
        url: `/d/${uid}/${slug(newest.data.title)}`,
        version: newest.version,
        folderUid: folder?.uid ?? '',
        folderTitle: folder?.title ?? '',
        provisioned: Boolean(entry.provisioned),
        provisionedExternalId: entry.provisioned ?? '',
      };
      return { json: { dashboard: newest.data, meta } };
    }
    if (rest === '' && method === 'DELETE') {
      this.entries.delete(uid);
      return { json: { title: newest.data.title, message: 'deleted' } };
    }
    const version = Number(/^\/versions\/(\d+)$/.exec(rest)?.[1]);
    if (version) {
      return { json: entry.versions.find((candidate) => candidate.version === version) };
    }
    if (rest === '/versions') {
      return { json: { continueToken: '', versions: entry.versions.map(({ data: _, ...about }) => about) } };
    }
    if (rest === '/restore') {
      const old = entry.versions.find((candidate) => candidate.version === body.version);
      entry.versions.unshift(
        this.#version(old.data, newest.version + 1, `Restored from version ${body.version}`),
      );
      return this.#saved(uid);
    }
    return undefined;
  }

  #save({ dashboard, message = '', folderUid, overwrite }) {
    const entry = dashboard.uid ? this.entries.get(dashboard.uid) : undefined;
    if (entry?.provisioned) {
      return { status: 400, text: JSON.stringify({ message: 'Cannot save provisioned dashboard' }) };
    }
    if (entry && !overwrite && entry.versions[0].version !== dashboard.version) {
      const text = { message: 'The dashboard has been changed by someone else', status: 'version-mismatch' };
      return { status: 412, text: JSON.stringify(text) };
    }
    const uid = dashboard.uid || `mock-${this.entries.size + 1}`;
    const versions = entry?.versions ?? [];
    const next = this.#version(
      { ...dashboard, uid, id: this.entries.size + 1 },
      (versions[0]?.version ?? 0) + 1,
      message,
    );
    this.entries.set(uid, { folderUid: folderUid ?? entry?.folderUid, versions: [next, ...versions] });
    return this.#saved(uid);
  }

  #saved(uid) {
    const [newest] = this.entries.get(uid).versions;
    const url = `/d/${uid}/${slug(newest.data.title)}`;
    return { json: { uid, url, status: 'success', version: newest.version, slug: slug(newest.data.title) } };
  }

  #import({ dashboard, inputs = [], folderUid, overwrite }) {
    let text = JSON.stringify(dashboard);
    for (const input of inputs) {
      text = text.replaceAll(`\${${input.name}}`, input.value);
    }
    const { __inputs, __requires, __elements, ...clean } = JSON.parse(text);
    if (clean.uid && this.entries.has(clean.uid) && !overwrite) {
      return {
        status: 412,
        text: JSON.stringify({ message: 'A dashboard with the same uid exists', status: 'name-exists' }),
      };
    }
    const { json } = this.#save({ dashboard: clean, folderUid, overwrite: true });
    return { json: { ...json, imported: true, importedUrl: json.url } };
  }
}
