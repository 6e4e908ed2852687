// What surrounds every page after the login, and the keys that work on all of them.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { Suspense, useState } from 'react';
import { Outlet, useLocation, useNavigate } from 'react-router-dom';
import { LoadingState } from '../components/StateMessage';
import { useLocale } from '../i18n/context';
import { CrashBoundary } from './CrashBoundary';
import { ShortcutHelp } from './ShortcutHelp';
import { useShortcutKeys, useShortcuts } from './shortcuts';
import { TopBar } from './TopBar';

export function Shell() {
  const { t, language } = useLocale();
  const styles = useStyles2(getStyles);
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  useShortcutKeys();
  useShortcuts([
    { keys: '?', label: 'shortcuts.help', run: () => setHelp(true) },
    { keys: 'g h', label: 'shortcuts.home', run: () => navigate('/') },
    { keys: 'g d', label: 'shortcuts.dashboards', run: () => navigate('/dashboards') },
    { keys: 'g e', label: 'shortcuts.explore', run: () => navigate('/explore') },
    { keys: 'g s', label: 'shortcuts.services', run: () => navigate('/services') },
    { keys: 'g p', label: 'shortcuts.profile', run: () => navigate('/profile') },
  ]);
  // On a wall, or inside another page, only the content shows.
  const kiosk = new URLSearchParams(search).has('kiosk');
  return (
    <div className={styles.shell}>
      {!kiosk && (
        <>
          <a href="#content" className={styles.skip}>
            {t('app.skipToContent')}
          </a>
          <TopBar onShortcuts={() => setHelp(true)} />
        </>
      )}
      <main id="content" className={styles.main} tabIndex={-1}>
        {/* Components of @grafana/ui read their texts when they mount: a new language mounts them anew. */}
        <CrashBoundary key={`${pathname} ${language}`}>
          <Suspense fallback={<LoadingState />}>
            <Outlet />
          </Suspense>
        </CrashBoundary>
      </main>
      {help && <ShortcutHelp onClose={() => setHelp(false)} />}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  shell: css({
    display: 'flex',
    flexDirection: 'column',
    minHeight: '100vh',
    background: theme.colors.background.canvas,
    color: theme.colors.text.primary,
  }),
  main: css({
    flex: 1,
    width: '100%',
    maxWidth: 1760,
    margin: '0 auto',
    padding: theme.spacing(2),
    outline: 'none',
    [theme.breakpoints.down('sm')]: { padding: theme.spacing(1.5, 1) },
  }),
  skip: css({
    position: 'absolute',
    left: -9999,
    zIndex: theme.zIndex.modal,
    padding: theme.spacing(1, 2),
    background: theme.colors.background.elevated,
    '&:focus': { left: 8, top: 8 },
  }),
});
