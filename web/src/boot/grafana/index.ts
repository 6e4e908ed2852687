// What Grafana's own application registers at its start, and its libraries expect: editors, field options,
// transformations, and the services of @grafana/runtime. Loaded with the first dashboard, not with the first page.
import { createTheme } from '@grafana/data';
import { config } from '@grafana/runtime';
import { type Language, translator } from '../../i18n/translate';
import { registerTransformers } from '../../transformers';
import { registerFieldOptions } from './fieldOptions';
import { registerEditors } from './registerEditors';
import { registerServices } from './services';

let registered = false;

export function startGrafana(language: Language): void {
  if (registered) {
    return;
  }
  registered = true;
  registerEditors();
  registerFieldOptions(translator(language));
  registerTransformers();
  registerServices();
}

/** Scenes resolve colours by name against this theme. */
export function setGrafanaTheme(mode: 'dark' | 'light'): void {
  config.theme2 = createTheme({ colors: { mode } });
}
