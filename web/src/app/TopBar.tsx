// The bar above every page: name, navigation, and what belongs to the reader (theme, language, session).
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { IconButton, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { Link, useLocation } from 'react-router-dom';
import { LanguagePicker } from '../components/LanguagePicker';
import { Logo } from '../components/Logo';
import { ThemeButton } from '../components/ThemeButton';
import { useLocale } from '../i18n/context';
import { NavDrawer } from './NavDrawer';
import { isCurrent, NAVIGATION } from './navigation';
import { useSession } from './session';
import { UserMenu } from './UserMenu';

export const TOP_BAR_HEIGHT = 48;

export function TopBar({ onShortcuts }: { onShortcuts: () => void }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const { state, signOut } = useSession();
  const { pathname } = useLocation();
  const [menuOpen, setMenuOpen] = useState(false);
  return (
    <header className={styles.bar}>
      <IconButton
        name="bars"
        size="xl"
        className={styles.menu}
        aria-label={t('nav.openMenu')}
        aria-expanded={menuOpen}
        onClick={() => setMenuOpen(true)}
      />
      <Link to="/" className={styles.brand}>
        <Logo />
        <span className={styles.name}>{t('app.name')}</span>
      </Link>
      <nav className={styles.navigation} aria-label={t('nav.main')}>
        {NAVIGATION.map((item) => {
          const current = isCurrent(item, pathname);
          return (
            <Link
              key={item.path}
              to={item.path}
              className={cx(styles.link, current && styles.current)}
              aria-current={current ? 'page' : undefined}
            >
              {t(item.label)}
            </Link>
          );
        })}
      </nav>
      <div className={styles.reader}>
        <span className={styles.wideOnly}>
          <ThemeButton />
          <LanguagePicker />
        </span>
        {state.phase === 'known' && (
          <UserMenu user={state.user} onShortcuts={onShortcuts} onSignOut={() => void signOut()} />
        )}
      </div>
      {menuOpen && <NavDrawer onClose={() => setMenuOpen(false)} />}
    </header>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const small = theme.breakpoints.down('md');
  return {
    bar: css({
      position: 'sticky',
      top: 0,
      zIndex: theme.zIndex.navbarFixed,
      display: 'flex',
      alignItems: 'center',
      gap: theme.spacing(2),
      height: TOP_BAR_HEIGHT,
      padding: theme.spacing(0, 2),
      background: theme.colors.background.primary,
      borderBottom: `1px solid ${theme.colors.border.weak}`,
      [small]: { gap: theme.spacing(1), padding: theme.spacing(0, 1.5) },
    }),
    menu: css({ display: 'none', [small]: { display: 'inline-flex' } }),
    brand: css({
      display: 'inline-flex',
      alignItems: 'center',
      gap: theme.spacing(1.25),
      minWidth: 0,
      color: theme.colors.text.primary,
      fontWeight: theme.typography.fontWeightMedium,
    }),
    name: css({ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }),
    navigation: css({
      display: 'flex',
      alignSelf: 'stretch',
      gap: theme.spacing(0.5),
      marginLeft: theme.spacing(1),
      [small]: { display: 'none' },
    }),
    link: css({
      position: 'relative',
      display: 'inline-flex',
      alignItems: 'center',
      padding: theme.spacing(0, 1.5),
      color: theme.colors.text.secondary,
      '&:hover': { color: theme.colors.text.primary },
    }),
    current: css({
      color: theme.colors.text.primary,
      fontWeight: theme.typography.fontWeightMedium,
      '&::after': {
        content: '""',
        position: 'absolute',
        inset: 'auto 8px -1px 8px',
        height: 2,
        borderRadius: 2,
        backgroundImage: theme.colors.gradients.brandHorizontal,
      },
    }),
    reader: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.5), marginLeft: 'auto' }),
    wideOnly: css({
      display: 'inline-flex',
      alignItems: 'center',
      gap: theme.spacing(0.5),
      [small]: { display: 'none' },
    }),
  };
};
