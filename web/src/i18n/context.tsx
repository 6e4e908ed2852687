// The language of the page for components: texts and formats.
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { type Formatters, formatters } from '../lib/format';
import { type Language, type Translate, translator } from './translate';

export interface Locale {
  language: Language;
  /** As @grafana/ui writes it: `browser`, `utc`, or an IANA name. */
  timeZone: string;
  t: Translate;
  format: Formatters;
}

function localeOf(language: Language, timeZone: string): Locale {
  return { language, timeZone, t: translator(language), format: formatters(language, timeZone) };
}

const LocaleContext = createContext<Locale>(localeOf('en', 'browser'));

export interface LocaleProviderProps {
  language: Language;
  timeZone?: string;
  children: ReactNode;
}

export function LocaleProvider({ language, timeZone = 'browser', children }: LocaleProviderProps) {
  const locale = useMemo(() => localeOf(language, timeZone), [language, timeZone]);
  return <LocaleContext.Provider value={locale}>{children}</LocaleContext.Provider>;
}

export function useLocale(): Locale {
  return useContext(LocaleContext);
}
