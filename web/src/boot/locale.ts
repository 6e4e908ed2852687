// @grafana/ui translates through @grafana/i18n; it must be set up before the first render.
import { initPluginTranslations } from '@grafana/i18n';
// The very instance that @grafana/i18n uses: the package offers no way to hand texts over.
import i18next from 'i18next';
import type { Language } from '../i18n/translate';
import { spanishForGrafanaUi } from './spanish';

/** The namespace under which @grafana/ui looks its texts up here. */
const NAMESPACE = 'grafana';

const LOCALES: Record<Language, string> = { en: 'en-US', es: 'es-ES' };

export async function initGrafanaLocale(language: Language): Promise<void> {
  await initPluginTranslations(NAMESPACE, []);
  i18next.addResourceBundle(LOCALES.es, NAMESPACE, spanishForGrafanaUi);
  await setGrafanaLocale(language);
}

export async function setGrafanaLocale(language: Language): Promise<void> {
  await i18next.changeLanguage(LOCALES[language]);
}
