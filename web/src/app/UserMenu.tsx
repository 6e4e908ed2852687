// Who is logged in, and the way out.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Dropdown, Icon, Menu, useStyles2 } from '@grafana/ui';
import { useNavigate } from 'react-router-dom';
import type { User } from '../api/session';
import { useLocale } from '../i18n/context';

const ROLES = {
  Admin: 'user.admin',
  Editor: 'user.editor',
  Viewer: 'user.viewer',
  None: 'user.member',
} as const;

export function roleKey(user: User): (typeof ROLES)[keyof typeof ROLES] {
  return user.isGrafanaAdmin ? 'user.admin' : ROLES[user.orgRole ?? 'None'];
}

export interface UserMenuProps {
  user: User;
  onShortcuts: () => void;
  onSignOut: () => void;
}

export function UserMenu({ user, onShortcuts, onSignOut }: UserMenuProps) {
  const { t } = useLocale();
  const navigate = useNavigate();
  const styles = useStyles2(getStyles);
  const overlay = (
    <Menu
      header={
        <div className={styles.header}>
          <strong>{user.name || user.login}</strong>
          <span className={styles.role}>{t(roleKey(user))}</span>
        </div>
      }
    >
      <Menu.Item label={t('profile.title')} icon="user" onClick={() => navigate('/profile')} />
      <Menu.Item
        label={t('sources.title')}
        icon="database"
        onClick={() => navigate('/connections/datasources')}
      />
      <Menu.Item label={t('shortcuts.title')} icon="keyboard" shortcut="?" onClick={onShortcuts} />
      <Menu.Divider />
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
