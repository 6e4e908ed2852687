// The navigation of small screens.
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Drawer, Icon, useStyles2 } from '@grafana/ui';
import { Link, useLocation } from 'react-router-dom';
import { LanguagePicker } from '../components/LanguagePicker';
import { ThemeButton } from '../components/ThemeButton';
import { useLocale } from '../i18n/context';
import { isCurrent, NAVIGATION } from './navigation';

export function NavDrawer({ onClose }: { onClose: () => void }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const { pathname } = useLocation();
  return (
    <Drawer title={t('nav.menu')} onClose={onClose} size="sm">
      <nav className={styles.list} aria-label={t('nav.main')}>
        {NAVIGATION.map((item) => {
          const current = isCurrent(item, pathname);
          return (
            <Link
              key={item.path}
              to={item.path}
              onClick={onClose}
              className={cx(styles.link, current && styles.current)}
              aria-current={current ? 'page' : undefined}
            >
              <Icon name={item.icon} size="lg" />
              {t(item.label)}
            </Link>
          );
        })}
      </nav>
      <div className={styles.settings}>
        <ThemeButton />
        <LanguagePicker />
      </div>
    </Drawer>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(0.5) }),
  link: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1.5),
    padding: theme.spacing(1.25, 1.5),
    borderRadius: theme.shape.radius.default,
    color: theme.colors.text.primary,
    fontSize: theme.typography.h5.fontSize,
    '&:hover': { background: theme.colors.action.hover },
  }),
  current: css({ background: theme.colors.action.selected, fontWeight: theme.typography.fontWeightMedium }),
  settings: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    marginTop: theme.spacing(2),
    paddingTop: theme.spacing(2),
    borderTop: `1px solid ${theme.colors.border.weak}`,
  }),
});
