// The heading of a dashboard: where it lies, its star, and everything one can do with it.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Dropdown, IconButton, Menu, TagList, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { type LoadedDashboard, setStar } from '../../api/dashboards';
import type { Dashboard } from '../../dashboard/model';
import { useLocale } from '../../i18n/context';
import type { DashboardState } from './useDashboardState';

export interface ToolbarProps {
  loaded: LoadedDashboard;
  dashboard: Dashboard;
  state: DashboardState;
  mayEdit: boolean;
  /** Whether one panel is edited or shown alone. */
  focused: 'edit' | 'view' | undefined;
  onBack: () => void;
  onAdd: (type: string) => void;
  onOpen: (overlay: 'save' | 'history' | 'settings' | 'share') => void;
}

export function Toolbar(props: ToolbarProps) {
  const { loaded, dashboard, state, mayEdit, focused, onBack, onAdd, onOpen } = props;
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.bar}>
      <nav className={styles.heading} aria-label={t('dashboards.breadcrumb')}>
        <Link to="/dashboards" className={styles.crumb}>
          {loaded.meta.folderTitle && loaded.meta.folderUid ? loaded.meta.folderTitle : t('dashboards.title')}
        </Link>
        <span aria-hidden="true">/</span>
        <h1 className={styles.title}>
          {dashboard.title}
          {state.dirty && (
            <span className={styles.dirty} title={t('dashboard.unsaved')}>
              {' '}
              *
            </span>
          )}
        </h1>
        {dashboard.uid && <Star uid={dashboard.uid} initial={Boolean(loaded.meta.isStarred)} />}
        <span className={styles.tags}>
          <TagList tags={dashboard.tags ?? []} />
        </span>
      </nav>
      <div className={styles.actions}>
        {focused && (
          <Button size="sm" variant="secondary" icon="arrow-left" onClick={onBack}>
            {t('dashboard.back')}
          </Button>
        )}
        {!focused && mayEdit && state.editing && (
          <>
            <Dropdown
              overlay={
                <Menu>
                  <Menu.Item
                    label={t('dashboard.addPanel')}
                    icon="graph-bar"
                    onClick={() => onAdd('timeseries')}
                  />
                  <Menu.Item label={t('dashboard.addRow')} icon="wrap-text" onClick={() => onAdd('row')} />
                </Menu>
              }
            >
              <Button size="sm" variant="secondary" icon="plus">
                {t('dashboard.add')}
              </Button>
            </Dropdown>
            <Button size="sm" variant="secondary" icon="cog" onClick={() => onOpen('settings')}>
              {t('dashboard.settings')}
            </Button>
            {state.dirty && (
              <Button size="sm" variant="secondary" fill="outline" onClick={state.discard}>
                {t('dashboard.discard')}
              </Button>
            )}
          </>
        )}
        {!focused && mayEdit && (state.editing || state.dirty) && (
          <Button size="sm" icon="save" onClick={() => onOpen('save')}>
            {t('save.save')}
          </Button>
        )}
        {!focused && mayEdit && (
          <Button
            size="sm"
            variant={state.editing ? 'secondary' : 'primary'}
            icon={state.editing ? 'check' : 'edit'}
            onClick={() => state.setEditing(!state.editing)}
          >
            {t(state.editing ? 'dashboard.editDone' : 'dashboard.edit')}
          </Button>
        )}
        {!focused && dashboard.uid && (
          <IconButton
            name="history"
            size="lg"
            aria-label={t('history.title')}
            onClick={() => onOpen('history')}
          />
        )}
        <IconButton
          name="share-alt"
          size="lg"
          aria-label={t('share.title')}
          onClick={() => onOpen('share')}
        />
      </div>
    </div>
  );
}

function Star({ uid, initial }: { uid: string; initial: boolean }) {
  const { t } = useLocale();
  const [starred, setStarred] = useState(initial);
  const toggle = () => {
    setStarred(!starred);
    setStar(uid, !starred).catch(() => setStarred(starred));
  };
  return (
    <IconButton
      name={starred ? 'favorite' : 'star'}
      iconType={starred ? 'mono' : 'default'}
      aria-label={t(starred ? 'dashboard.unstar' : 'dashboard.star')}
      aria-pressed={starred}
      onClick={toggle}
    />
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  bar: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'space-between',
    gap: theme.spacing(1, 2),
    marginBottom: theme.spacing(1.5),
  }),
  heading: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(0.5, 1),
    minWidth: 0,
  }),
  crumb: css({ color: theme.colors.text.secondary, '&:hover': { color: theme.colors.text.primary } }),
  title: css({
    margin: 0,
    fontSize: theme.typography.h4.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    overflowWrap: 'anywhere',
  }),
  dirty: css({ color: theme.colors.warning.text }),
  tags: css({ [theme.breakpoints.down('md')]: { display: 'none' } }),
  actions: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
});
