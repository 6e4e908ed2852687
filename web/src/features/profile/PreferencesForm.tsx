// Theme, language, time zone and home dashboard. Each choice counts at once.
import { Alert, Field, RadioButtonGroup, Select, TimeZonePicker } from '@grafana/ui';
import { useState } from 'react';
import { searchDashboards } from '../../api/dashboards';
import { loadPreferences, savePreferences } from '../../api/session';
import { usePreferences } from '../../app/preferences';
import { useLocale } from '../../i18n/context';
import { LANGUAGES, type Language } from '../../i18n/translate';
import { describeError } from '../../lib/errors';
import { useResource } from '../../lib/useResource';

export function PreferencesForm() {
  const { t, language, timeZone } = useLocale();
  const { mode, setMode, setLanguage, setTimeZone } = usePreferences();
  return (
    <>
      <Field label={t('profile.theme')}>
        <RadioButtonGroup
          aria-label={t('profile.theme')}
          options={[
            { value: 'dark' as const, label: t('profile.dark') },
            { value: 'light' as const, label: t('profile.light') },
          ]}
          value={mode}
          onChange={setMode}
        />
      </Field>
      <Field label={t('language.label')}>
        <RadioButtonGroup
          aria-label={t('language.label')}
          options={Object.entries(LANGUAGES).map(([value, label]) => ({ value: value as Language, label }))}
          value={language}
          onChange={setLanguage}
        />
      </Field>
      <Field label={t('settings.timeZone')}>
        <TimeZonePicker
          inputId="profile-timezone"
          aria-label={t('settings.timeZone')}
          includeInternal
          value={timeZone}
          onChange={(zone) => zone && setTimeZone(zone)}
        />
      </Field>
      <HomeDashboard />
    </>
  );
}

function HomeDashboard() {
  const { t } = useLocale();
  const [error, setError] = useState<unknown>();
  const [chosen, setChosen] = useState<string>();
  const found = useResource('home choice', 'home choice', (signal) =>
    Promise.all([searchDashboards({ limit: 1000 }, signal), loadPreferences()]),
  );
  const [dashboards = [], preferences] = found.data ?? [];
  const choose = (uid: string) => {
    const before = chosen;
    setChosen(uid);
    setError(undefined);
    savePreferences({ homeDashboardUID: uid }).catch((failure: unknown) => {
      setChosen(before);
      setError(failure);
    });
  };
  const problem = error ?? found.error;
  return (
    <>
      <Field label={t('profile.home')} description={t('profile.homeHint')}>
        <Select
          aria-label={t('profile.home')}
          isLoading={found.loading}
          options={[
            { value: '', label: t('profile.homeDefault') },
            ...dashboards.map(({ uid, title }) => ({ value: uid, label: title })),
          ]}
          value={chosen ?? preferences?.homeDashboardUID ?? ''}
          onChange={(choice) => choose(choice.value ?? '')}
        />
      </Field>
      {problem !== undefined && <Alert severity="error" title={describeError(problem, 'dashboard', t)} />}
    </>
  );
}
