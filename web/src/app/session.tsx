// The logged-in user for all pages. Pages inside `RequireLogin` can rely on one.
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { Navigate, useLocation } from 'react-router-dom';
import { setUnauthorizedHandler } from '../api/http';
import { currentUser, loadPreferences, logOut, mayWrite, type User } from '../api/session';
import { ErrorState, LoadingState, StateMessage } from '../components/StateMessage';
import { useLocale } from '../i18n/context';
import { describeError } from '../lib/errors';
import { usePreferences } from './preferences';

type SessionState =
  | { phase: 'loading' }
  | { phase: 'failed'; error: unknown }
  | { phase: 'anonymous' }
  | { phase: 'known'; user: User };

interface Session {
  state: SessionState;
  /** Asks the server again who is logged in. */
  refresh: () => Promise<void>;
  signOut: () => Promise<void>;
}

const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) {
    throw new Error('useSession needs a SessionProvider above it');
  }
  return session;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<SessionState>({ phase: 'loading' });
  const { adopt } = usePreferences();

  const refresh = useCallback(async () => {
    try {
      const user = await currentUser();
      if (user) {
        // Where preferences cannot be read, this browser's own do.
        adopt(await loadPreferences().catch(() => ({})));
      }
      setState(user ? { phase: 'known', user } : { phase: 'anonymous' });
    } catch (error) {
      setState({ phase: 'failed', error });
    }
  }, [adopt]);

  const signOut = useCallback(async () => {
    await logOut();
    setState({ phase: 'anonymous' });
  }, []);

  useEffect(() => {
    setUnauthorizedHandler(() => setState({ phase: 'anonymous' }));
    void refresh();
  }, [refresh]);

  const value = useMemo<Session>(() => ({ state, refresh, signOut }), [state, refresh, signOut]);
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

export function useMayWrite(): boolean {
  const { state } = useSession();
  return mayWrite(state.phase === 'known' ? state.user : undefined);
}

/** For pages that only change things: others are told that they may not. */
export function RequireWriter({ children }: { children: ReactNode }) {
  const { t } = useLocale();
  return useMayWrite() ? (
    children
  ) : (
    <StateMessage icon="lock" title={t('user.readOnly')} hint={t('user.readOnlyHint')} />
  );
}

export function RequireLogin({ children }: { children: ReactNode }) {
  const { state, refresh } = useSession();
  const location = useLocation();
  const { t } = useLocale();
  switch (state.phase) {
    case 'loading':
      return <LoadingState />;
    case 'failed':
      return (
        <ErrorState message={describeError(state.error, 'dashboard', t)} onRetry={() => void refresh()} />
      );
    case 'anonymous': {
      const here = location.pathname + location.search;
      const redirect = here === '/' ? '' : `?redirect=${encodeURIComponent(here)}`;
      return <Navigate to={`/login${redirect}`} replace />;
    }
    default:
      return children;
  }
}
