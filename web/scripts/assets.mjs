// Copies what @grafana/ui fetches by URL (icons, fonts) to public/grafana, so that no request leaves the host.
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const modules = path.join(root, 'node_modules');
const target = path.join(root, 'public/grafana');

const INTER = ['Inter-Regular', 'Inter-Medium', 'Inter-Italic', 'Inter-MediumItalic'];
// The name under which the font styles of @grafana/ui ask for Roboto Mono.
const ROBOTO_MONO = 'L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2';

function copy(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.copyFileSync(from, to);
}

fs.rmSync(target, { recursive: true, force: true });
fs.cpSync(path.join(modules, '@grafana/ui/dist/public/img/icons'), path.join(target, 'build/img/icons'), {
  recursive: true,
});
// What components ask for and the published package lacks.
fs.cpSync(path.join(root, 'icons'), path.join(target, 'build/img/icons/unicons'), { recursive: true });
for (const name of INTER) {
  copy(
    path.join(modules, 'inter-ui/web', `${name}.woff2`),
    path.join(target, 'fonts/inter', `${name}.woff2`),
  );
}
copy(
  path.join(modules, '@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2'),
  path.join(target, 'fonts/roboto', ROBOTO_MONO),
);
