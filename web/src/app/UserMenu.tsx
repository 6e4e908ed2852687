// Who is logged in, and the way out.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Dropdown, Icon, Menu, useStyles2 } from '@grafana/ui';
import type { User } from '../api/session';
import { useLocale } from '../i18n/context';

export function UserMenu({ user, onSignOut }: { user: User; onSignOut: () => void }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const overlay = (
    <Menu
      header={
        <div className={styles.header}>
          <strong>{user.name || user.login}</strong>
          <span className={styles.role}>{t(user.isGrafanaAdmin ? 'user.admin' : 'user.member')}</span>
        </div>
      }
    >
      <Menu.Item label={t('user.signOut')} icon="signout" onClick={onSignOut} />
    </Menu>
  );
  return (
    <Dropdown overlay={overlay} placement="bottom-end">
      <button type="button" className={styles.button} aria-label={t('user.menu', { login: user.login })}>
        <span className={styles.avatar} aria-hidden="true">
          {(user.name || user.login).slice(0, 1).toUpperCase()}
        </span>
        <span className={styles.name}>{user.login}</span>
        <Icon name="angle-down" />
      </button>
    </Dropdown>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  button: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(0.75),
    height: 32,
    padding: theme.spacing(0, 0.75),
    border: 'none',
    borderRadius: theme.shape.radius.default,
    background: 'transparent',
    color: theme.colors.text.secondary,
    '&:hover': { background: theme.colors.action.hover, color: theme.colors.text.primary },
  }),
  avatar: css({
    display: 'inline-flex',
    alignItems: 'center',
    justifyContent: 'center',
    width: 24,
    height: 24,
    borderRadius: '50%',
    background: theme.colors.primary.main,
    color: theme.colors.primary.contrastText,
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  name: css({ [theme.breakpoints.down('md')]: { display: 'none' } }),
  header: css({ display: 'flex', flexDirection: 'column', padding: theme.spacing(0.5, 1) }),
  role: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
