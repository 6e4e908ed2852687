// What surrounds every page after the login.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { Suspense } from 'react';
import { Outlet, useLocation } from 'react-router-dom';
import { LoadingState } from '../components/StateMessage';
import { useLocale } from '../i18n/context';
import { CrashBoundary } from './CrashBoundary';
import { TopBar } from './TopBar';

export function Shell() {
  const { t, language } = useLocale();
  const styles = useStyles2(getStyles);
  const { pathname } = useLocation();
  return (
    <div className={styles.shell}>
      <a href="#content" className={styles.skip}>
        {t('app.skipToContent')}
      </a>
      <TopBar />
      <main id="content" className={styles.main} tabIndex={-1}>
        {/* Components of @grafana/ui read their texts when they mount: a new language mounts them anew. */}
        <CrashBoundary key={`${pathname} ${language}`}>
          <Suspense fallback={<LoadingState />}>
            <Outlet />
          </Suspense>
        </CrashBoundary>
      </main>
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
