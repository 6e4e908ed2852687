// Chooses the language of the page. A native select: two entries, and every keyboard and phone knows it.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { usePreferences } from '../app/preferences';
import { useLocale } from '../i18n/context';
import { isLanguage, LANGUAGES } from '../i18n/translate';

export function LanguagePicker() {
  const { language, setLanguage } = usePreferences();
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  return (
    <select
      className={styles.select}
      aria-label={t('language.label')}
      value={language}
      onChange={(event) => {
        if (isLanguage(event.target.value)) {
          setLanguage(event.target.value);
        }
      }}
    >
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </select>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  select: css({
    width: 'auto',
    height: 32,
    padding: theme.spacing(0, 0.5),
    border: 'none',
    borderRadius: theme.shape.radius.default,
    background: 'transparent',
    color: theme.colors.text.secondary,
    cursor: 'pointer',
    '&:hover': { background: theme.colors.action.hover, color: theme.colors.text.primary },
    option: { background: theme.colors.background.elevated, color: theme.colors.text.primary },
  }),
});
