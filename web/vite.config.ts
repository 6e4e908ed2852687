import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = (relative: string) => path.resolve(import.meta.dirname, relative);

/** The dashboard server (or the mock) that answers the API while the dev server runs. */
const apiTarget = process.env.STACK_URL ?? 'http://127.0.0.1:3000';

/** Libraries that only some pages need: they stay out of the shared vendor chunks. */
const PAGE_LIBRARIES =
  /node_modules\/(monaco-editor|@monaco-editor|@codemirror|@lezer|@uiw|@grafana\/(scenes|runtime)|@dagrejs|react-grid-layout|react-virtualized-auto-sizer|react-resizable|react-draggable|ol|geotiff|rbush|react-table|react-data-grid|@glideapps|slate|prismjs|@opentelemetry|@openfeature|@rc-component|react-colorful)/;
const PAGE_COMPONENTS =
  /@grafana\/ui\/dist\/esm\/components\/(Monaco|CodeMirror|Table|QueryField|Cascader|ColorPicker|Slider|UnitPicker|StatsPicker|MatchersUI|DataLinks)\//;

export default defineConfig({
  plugins: [react()],
  resolve: {
    dedupe: [
      'react',
      'react-dom',
      'rxjs',
      '@grafana/data',
      '@grafana/runtime',
      '@grafana/ui',
      '@emotion/css',
      '@emotion/react',
    ],
    alias: [
      // Ten years of time zone rules instead of all since 1900: 700 kB less.
      {
        find: /^moment-timezone$/,
        replacement: here('node_modules/moment-timezone/builds/moment-timezone-with-data-10-year-range.js'),
      },
      { find: 'react-dom/server', replacement: here('src/stubs/reactDomServer.ts') },
      { find: /^(monaco-editor|@monaco-editor\/react)$/, replacement: here('src/stubs/monaco.ts') },
    ],
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ['/api', '/goto', '/logout', '/login'].map((prefix) => [prefix, proxyRule(prefix)]),
    ),
  },
  build: {
    outDir: 'dist',
    target: 'es2022',
    sourcemap: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      output: {
        // The library's own chunk around the stand-in for Monaco, told apart from Monaco itself.
        chunkFileNames: ({ name }) =>
          name === 'ReactMonacoEditor' ? 'assets/text-editor-[hash].js' : 'assets/[name]-[hash].js',
        codeSplitting: {
          groups: [
            {
              name: 'react',
              test: /node_modules\/(react|react-dom|scheduler|react-router|react-router-dom|@remix-run)\//,
              priority: 30,
            },
            {
              name: 'grafana-data',
              test: /node_modules\/(@grafana\/(data|schema|i18n)|moment|moment-timezone|lodash|rxjs|zod|i18next|react-i18next|tinycolor2|d3-[a-z-]+|date-fns|marked|dompurify|xss|papaparse)\//,
              priority: 20,
            },
            {
              name: 'grafana-ui',
              test: (id: string) =>
                id.includes('/node_modules/') && !PAGE_LIBRARIES.test(id) && !PAGE_COMPONENTS.test(id),
              priority: 5,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
});

/** `/login` is a page for GET and an API for POST; everything else goes to the server. */
function proxyRule(prefix: string) {
  return {
    target: apiTarget,
    changeOrigin: false,
    bypass: (request: { method?: string }) =>
      prefix === '/login' && request.method === 'GET' ? '/index.html' : undefined,
  };
}
