// The login form. After it, the browser goes back to the page that asked for a login.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, Field, IconButton, Input, useStyles2 } from '@grafana/ui';
import { type FormEvent, useEffect, useState } from 'react';
import { Navigate, useSearchParams } from 'react-router-dom';
import { logIn } from '../../api/session';
import { useSession } from '../../app/session';
import { LanguagePicker } from '../../components/LanguagePicker';
import { Logo } from '../../components/Logo';
import { ThemeButton } from '../../components/ThemeButton';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { safeReturnPath } from '../../lib/paths';

export function LoginPage() {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const { state } = useSession();
  const [parameters] = useSearchParams();
  useEffect(() => {
    document.title = `${t('login.title')} · ${t('app.name')}`;
  }, [t]);
  if (state.phase === 'known') {
    return <Navigate to={safeReturnPath(parameters.get('redirect'))} replace />;
  }
  return (
    <main className={styles.page}>
      <div className={styles.corner}>
        <ThemeButton />
        <LanguagePicker />
      </div>
      <div className={styles.box}>
        <div className={styles.brand}>
          <Logo size={56} />
          <h1 className={styles.title}>{t('app.name')}</h1>
          <p className={styles.subtitle}>{t('login.subtitle')}</p>
        </div>
        <LoginForm />
        <p className={styles.footnote}>{t('login.firstTime')}</p>
      </div>
    </main>
  );
}

function LoginForm() {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const { submit, busy, problem } = useLogin();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [visible, setVisible] = useState(false);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit(user.trim(), password);
  };
  return (
    <form className={styles.form} onSubmit={onSubmit} aria-label={t('login.title')} noValidate>
      {problem && <Alert severity="error" title={problem} role="alert" />}
      <Field label={t('login.user')} htmlFor="login-user">
        <Input
          id="login-user"
          name="user"
          autoComplete="username"
          autoCapitalize="none"
          autoFocus
          value={user}
          onChange={(event) => setUser(event.currentTarget.value)}
        />
      </Field>
      <Field label={t('login.password')} htmlFor="login-password">
        <Input
          id="login-password"
          name="password"
          type={visible ? 'text' : 'password'}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          suffix={
            <IconButton
              name={visible ? 'eye-slash' : 'eye'}
              aria-label={t(visible ? 'login.hidePassword' : 'login.showPassword')}
              onClick={() => setVisible(!visible)}
            />
          }
        />
      </Field>
      <Button type="submit" size="lg" fullWidth disabled={busy} icon={busy ? 'spinner' : undefined}>
        {t(busy ? 'login.submitting' : 'login.submit')}
      </Button>
    </form>
  );
}

function useLogin() {
  const { t, format } = useLocale();
  const { refresh } = useSession();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  const submit = async (user: string, password: string) => {
    if (user === '' || password === '') {
      setProblem(t('login.required'));
      return;
    }
    setBusy(true);
    setProblem(undefined);
    try {
      const result = await logIn(user, password);
      if (result === 'ok') {
        await refresh();
      } else if (result === 'refused') {
        setProblem(t('login.refused'));
      } else {
        const secs = result.lockedForSecs;
        setProblem(secs ? t('login.lockedFor', { time: format.uptime(secs) }) : t('login.locked'));
      }
    } catch (error) {
      setProblem(describeError(error, 'dashboard', t));
    }
    setBusy(false);
  };
  return { submit, busy, problem };
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    minHeight: '100vh',
    padding: theme.spacing(8, 2, 4, 2),
    background: theme.isDark
      ? `radial-gradient(900px 500px at 50% -10%, rgba(245, 140, 50, 0.16), transparent 70%), ${theme.colors.background.canvas}`
      : `radial-gradient(900px 500px at 50% -10%, rgba(245, 140, 50, 0.22), transparent 70%), ${theme.colors.background.canvas}`,
    color: theme.colors.text.primary,
  }),
  corner: css({ position: 'absolute', top: 12, right: 12, display: 'flex', alignItems: 'center', gap: 4 }),
  box: css({
    width: '100%',
    maxWidth: 420,
    padding: theme.spacing(4),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: 8,
    boxShadow: theme.shadows.z3,
    [theme.breakpoints.down('sm')]: { padding: theme.spacing(3, 2) },
  }),
  brand: css({ textAlign: 'center', marginBottom: theme.spacing(3) }),
  title: css({ margin: theme.spacing(1.5, 0, 0.5, 0), fontSize: theme.typography.h3.fontSize }),
  subtitle: css({ margin: 0, color: theme.colors.text.secondary }),
  form: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(0.5) }),
  footnote: css({
    margin: theme.spacing(2.5, 0, 0, 0),
    textAlign: 'center',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
