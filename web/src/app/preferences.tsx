// Theme, language and time zone: kept by the browser, and by the server for the user's other browsers.
import { createTheme, type GrafanaTheme2, ThemeContext } from '@grafana/data';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { savePreferences, type UserPreferences } from '../api/session';
import { setGrafanaLocale } from '../boot/locale';
import { LocaleProvider } from '../i18n/context';
import { isLanguage, type Language, preferredLanguage } from '../i18n/translate';
import { formatters } from '../lib/format';

export type ThemeMode = 'dark' | 'light';

const THEME_KEY = 'monitoring-stack.theme';
const LANGUAGE_KEY = 'monitoring-stack.language';
const TIME_ZONE_KEY = 'monitoring-stack.timezone';

const THEMES: Record<ThemeMode, GrafanaTheme2> = {
  dark: createTheme({ colors: { mode: 'dark' } }),
  light: createTheme({ colors: { mode: 'light' } }),
};

interface Preferences {
  mode: ThemeMode;
  language: Language;
  setMode: (mode: ThemeMode) => void;
  setLanguage: (language: Language) => void;
  setTimeZone: (timeZone: string) => void;
  /** Takes what the server remembers, unless this browser has choices of its own. */
  adopt: (preferences: UserPreferences) => void;
}

const PreferencesContext = createContext<Preferences | undefined>(undefined);

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (!preferences) {
    throw new Error('usePreferences needs a PreferencesProvider above it');
  }
  return preferences;
}

export function initialLanguage(): Language {
  const stored = read(LANGUAGE_KEY);
  return isLanguage(stored) ? stored : preferredLanguage(navigator.languages);
}

function initialTimeZone(): string {
  const stored = read(TIME_ZONE_KEY) ?? 'browser';
  return isTimeZone(stored) ? stored : 'browser';
}

/** A zone that this browser does not know would make every date an error. */
function isTimeZone(name: string): boolean {
  try {
    formatters('en', name);
    return true;
  } catch {
    return false;
  }
}

export function PreferencesProvider({
  language: first,
  children,
}: {
  language: Language;
  children: ReactNode;
}) {
  const [mode, applyMode] = useState<ThemeMode>(() => (read(THEME_KEY) === 'light' ? 'light' : 'dark'));
  const [language, applyLanguage] = useState(first);
  const [timeZone, applyTimeZone] = useState(initialTimeZone);

  useEffect(() => {
    const { body, documentElement } = document;
    body.classList.remove('theme-dark', 'theme-light');
    body.classList.add(`theme-${mode}`);
    documentElement.style.colorScheme = mode;
    documentElement.style.background = THEMES[mode].colors.background.canvas;
  }, [mode]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const setMode = useCallback((next: ThemeMode) => {
    write(THEME_KEY, next);
    applyMode(next);
    remember({ theme: next });
  }, []);
  const setLanguage = useCallback(async (next: Language) => {
    write(LANGUAGE_KEY, next);
    await setGrafanaLocale(next);
    applyLanguage(next);
    remember({ language: next === 'es' ? 'es-ES' : 'en-US' });
  }, []);
  const setTimeZone = useCallback((next: string) => {
    write(TIME_ZONE_KEY, next);
    applyTimeZone(next);
    remember({ timezone: next });
  }, []);
  const adopt = useCallback(({ theme, language: locale, timezone }: UserPreferences) => {
    if (read(THEME_KEY) === null && (theme === 'light' || theme === 'dark')) {
      applyMode(theme);
    }
    const code = locale?.slice(0, 2);
    if (read(LANGUAGE_KEY) === null && isLanguage(code)) {
      void setGrafanaLocale(code).then(() => applyLanguage(code));
    }
    if (read(TIME_ZONE_KEY) === null && timezone && isTimeZone(timezone)) {
      applyTimeZone(timezone);
    }
  }, []);

  const value = useMemo<Preferences>(
    () => ({ mode, language, setMode, setLanguage: (next) => void setLanguage(next), setTimeZone, adopt }),
    [mode, language, setMode, setLanguage, setTimeZone, adopt],
  );
  return (
    <PreferencesContext.Provider value={value}>
      <ThemeContext.Provider value={THEMES[mode]}>
        <LocaleProvider language={language} timeZone={timeZone}>
          {children}
        </LocaleProvider>
      </ThemeContext.Provider>
    </PreferencesContext.Provider>
  );
}

/** Without a session (the login page) only the browser remembers. */
function remember(preferences: UserPreferences): void {
  if (location.pathname !== '/login') {
    savePreferences(preferences).catch(() => undefined);
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing still shows the choice until the next visit.
  }
}
