// Fails the build when the first page grows beyond its budget: the scripts that index.html loads, the chunks
// these import, and the home page's own chunks, gzip-compressed.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const dist = path.resolve(import.meta.dirname, '../dist');
const BUDGET_KIB = 800;
const FIRST_PAGES = [/^HomePage-/];
const FORBIDDEN = /monaco/i;
/** The stand-in is small; Monaco itself is megabytes. */
const LARGEST_TEXT_EDITOR_BYTES = 10_000;

const assets = path.join(dist, 'assets');
const scripts = fs.readdirSync(assets).filter((name) => name.endsWith('.js'));
const html = fs.readFileSync(path.join(dist, 'index.html'), 'utf8');

const start = [...html.matchAll(/assets\/([\w.-]+\.js)/g)].map((match) => match[1]);
const pages = scripts.filter((name) => FIRST_PAGES.some((pattern) => pattern.test(name)));
if (pages.length !== FIRST_PAGES.length) {
  console.error(
    `check-size: expected one chunk for each of ${FIRST_PAGES.join(', ')}, found: ${pages.join(', ')}`,
  );
  process.exit(1);
}

/** Static imports only: `import(...)` chunks load later. */
function staticImports(name) {
  const code = fs.readFileSync(path.join(assets, name), 'utf8');
  return [...code.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)].map((match) => match[1]);
}

const loaded = new Set();
const queue = [...start, ...pages];
for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
  if (!loaded.has(name)) {
    loaded.add(name);
    queue.push(...staticImports(name));
  }
}

let totalBytes = 0;
for (const name of [...loaded].sort()) {
  const bytes = zlib.gzipSync(fs.readFileSync(path.join(assets, name)), { level: 9 }).length;
  totalBytes += bytes;
  console.log(`${String(Math.round(bytes / 1024)).padStart(6)} KiB  ${name}`);
}
const totalKib = Math.round(totalBytes / 1024);
console.log(`${String(totalKib).padStart(6)} KiB  first page, gzip (budget ${BUDGET_KIB} KiB)`);
if (totalKib > BUDGET_KIB) {
  console.error('check-size: the first page is over its budget');
  process.exit(1);
}
const forbidden = scripts.filter(
  (name) =>
    FORBIDDEN.test(name) ||
    (name.startsWith('text-editor-') &&
      fs.statSync(path.join(assets, name)).size > LARGEST_TEXT_EDITOR_BYTES),
);
if (forbidden.length > 0) {
  console.error(`check-size: these must not be in the bundle: ${forbidden.join(', ')}`);
  process.exit(1);
}
