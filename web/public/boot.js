// Runs before the bundle: @grafana/ui reads the public path while its modules load, and the page must
// not flash in the wrong theme. A file of its own, because the content security policy allows no inline script.
window.__grafana_public_path__ = '/grafana/';
// @grafana/runtime, which draws dashboards, looks for its settings here as soon as it loads.
window.grafanaBootData = {
  settings: {
    featureToggles: {},
    buildInfo: { version: '13.2.2', commit: '', env: 'production' },
    panels: {},
    datasources: {},
  },
  user: { theme: 'dark', timezone: 'browser', locale: 'en-US' },
  navTree: [],
};
(() => {
  var theme = 'dark';
  var language = '';
  try {
    theme = localStorage.getItem('monitoring-stack.theme') || theme;
    language = localStorage.getItem('monitoring-stack.language') || '';
  } catch (_error) {
    // Storage may be blocked; the defaults do.
  }
  document.documentElement.style.background = theme === 'light' ? '#f4f5f5' : '#111217';
  document.documentElement.style.colorScheme = theme === 'light' ? 'light' : 'dark';
  if (language) {
    document.documentElement.lang = language;
  }
})();
