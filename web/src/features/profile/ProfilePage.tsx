// The reader: who they are, how pages look for them, their password and where they are logged in.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { useSession } from '../../app/session';
import { roleKey } from '../../app/UserMenu';
import { Card } from '../../components/Card';
import { PageToolbar } from '../../components/PageToolbar';
import { useLocale } from '../../i18n/context';
import { PasswordForm } from './PasswordForm';
import { PreferencesForm } from './PreferencesForm';
import { Sessions } from './Sessions';

export function ProfilePage() {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const { state } = useSession();
  if (state.phase !== 'known') {
    return null;
  }
  const { user } = state;
  const facts = [
    [t('profile.login'), user.login],
    [t('profile.name'), user.name],
    [t('profile.email'), user.email],
    [t('profile.role'), t(roleKey(user))],
  ].filter(([, value]) => value);
  return (
    <>
      <PageToolbar title={t('profile.title')} />
      <div className={styles.page}>
        <Card title={user.name || user.login}>
          <dl className={styles.facts}>
            {facts.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </Card>
        <Card title={t('profile.preferences')}>
          <PreferencesForm />
        </Card>
        <Card title={t('profile.password')} hint={t('profile.passwordHint')}>
          <PasswordForm />
        </Card>
        <Card title={t('profile.sessions')} hint={t('profile.sessionsHint')}>
          <Sessions />
        </Card>
      </div>
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
    alignItems: 'start',
    gap: theme.spacing(1.5),
    [theme.breakpoints.down('lg')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
  facts: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1.5, 4),
    margin: 0,
    dt: {
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
      fontWeight: 400,
    },
    dd: { margin: 0, overflowWrap: 'anywhere' },
  }),
});
