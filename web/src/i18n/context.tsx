// The language of the page for components: texts and formats.
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { type Formatters, formatters } from '../lib/format';
import { type Language, type Translate, translator } from './translate';

export interface Locale {
  language: Language;
  t: Translate;
  format: Formatters;
}

function localeOf(language: Language): Locale {
  return { language, t: translator(language), format: formatters(language) };
}

const LocaleContext = createContext<Locale>(localeOf('en'));

export function LocaleProvider({ language, children }: { language: Language; children: ReactNode }) {
  const locale = useMemo(() => localeOf(language), [language]);
  return <LocaleContext.Provider value={locale}>{children}</LocaleContext.Provider>;
}

export function useLocale(): Locale {
  return useContext(LocaleContext);
}
