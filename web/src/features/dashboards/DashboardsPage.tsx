// All dashboards: by name, tag, folder and star.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import {
  Button,
  FilterInput,
  Icon,
  IconButton,
  InlineSwitch,
  Select,
  TagList,
  useStyles2,
} from '@grafana/ui';
import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import { listFolders, type SearchHit, searchDashboards, setStar } from '../../api/dashboards';
import { useMayWrite } from '../../app/session';
import { MultiPicker } from '../../components/MultiPicker';
import { NavButton } from '../../components/NavButton';
import { PageToolbar } from '../../components/PageToolbar';
import { ErrorState, LoadingState, StateMessage } from '../../components/StateMessage';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { useResource } from '../../lib/useResource';
import { FolderModal } from './FolderModal';
import { groupByFolder, matching, tagCounts } from './grouping';

const ROOT = '';

export function DashboardsPage() {
  const { t } = useLocale();
  const mayWrite = useMayWrite();
  const styles = useStyles2(getStyles);
  const [parameters, setParameters] = useSearchParams();
  const [newFolder, setNewFolder] = useState(false);
  const found = useResource('dashboards', 'dashboards', (signal) =>
    Promise.all([searchDashboards({ limit: 5000 }, signal), listFolders(signal).catch(() => [])]),
  );
  const query = parameters.get('query') ?? '';
  const tags = parameters.getAll('tag');
  const folder = parameters.get('folder') ?? undefined;
  const starred = parameters.get('starred') === 'true';
  const change = (name: string, values: string[]) =>
    setParameters(
      (before) => {
        const after = new URLSearchParams(before);
        after.delete(name);
        for (const value of values) {
          after.append(name, value);
        }
        return after;
      },
      { replace: true },
    );
  const [hits = [], folders = []] = found.data ?? [];
  const shown = useMemo(
    () => matching(hits, { query, tags, folderUid: folder, starred }),
    [hits, query, tags, folder, starred],
  );
  return (
    <>
      <PageToolbar
        title={t('dashboards.title')}
        actions={
          mayWrite && (
            <>
              <NavButton to="/dashboard/new" icon="plus">
                {t('dashboards.new')}
              </NavButton>
              <NavButton to="/dashboard/import" icon="upload" variant="secondary">
                {t('import.title')}
              </NavButton>
              <Button variant="secondary" icon="folder-plus" onClick={() => setNewFolder(true)}>
                {t('dashboards.newFolder')}
              </Button>
            </>
          )
        }
      />
      <div className={styles.filters}>
        <div className={styles.search}>
          <FilterInput
            placeholder={t('dashboards.search')}
            aria-label={t('dashboards.search')}
            value={query}
            escapeRegex={false}
            onChange={(text) => change('query', text ? [text] : [])}
          />
        </div>
        <div className={styles.picker}>
          <MultiPicker
            label={t('dashboards.tags')}
            placeholder={t('dashboards.tags')}
            options={tagCounts(hits).map(([tag, count]) => ({ value: tag, label: `${tag} (${count})` }))}
            value={tags}
            onChange={(values) => change('tag', values)}
          />
        </div>
        <div className={styles.picker}>
          <Select
            isClearable
            aria-label={t('dashboards.folder')}
            placeholder={t('dashboards.folder')}
            options={[
              { value: ROOT, label: t('dashboards.noFolder') },
              ...folders.map(({ uid, title }) => ({ value: uid, label: title })),
            ]}
            value={folder ?? null}
            onChange={(choice) => change('folder', choice ? [choice.value ?? ROOT] : [])}
          />
        </div>
        <InlineSwitch
          showLabel
          label={t('dashboards.starred')}
          value={starred}
          onChange={(event) => change('starred', event.currentTarget.checked ? ['true'] : [])}
        />
      </div>
      {found.error !== undefined ? (
        <ErrorState message={describeError(found.error, 'dashboard', t)} onRetry={found.reload} />
      ) : !found.data ? (
        <LoadingState />
      ) : shown.length === 0 ? (
        <StateMessage
          title={t(hits.length === 0 ? 'dashboards.empty' : 'dashboards.noMatch')}
          hint={t(hits.length === 0 ? 'dashboards.emptyHint' : 'dashboards.noMatchHint')}
          action={
            hits.length > 0 && (
              <Button variant="secondary" onClick={() => setParameters({}, { replace: true })}>
                {t('logs.resetFilters')}
              </Button>
            )
          }
        />
      ) : (
        groupByFolder(shown).map(([title, members]) => (
          <FolderList
            key={title}
            title={title || t('dashboards.noFolder')}
            hits={members}
            onChanged={found.reload}
          />
        ))
      )}
      {newFolder && (
        <FolderModal
          onClose={() => setNewFolder(false)}
          onCreated={() => {
            setNewFolder(false);
            found.reload();
          }}
        />
      )}
    </>
  );
}

function FolderList({ title, hits, onChanged }: { title: string; hits: SearchHit[]; onChanged: () => void }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  return (
    <section className={styles.folder} aria-label={title}>
      <h2 className={styles.heading}>
        <Icon name="folder" /> {title}
      </h2>
      <ul className={styles.list}>
        {hits.map((hit) => (
          <li key={hit.uid} className={styles.item} data-testid="dashboard-row">
            <IconButton
              name={hit.isStarred ? 'favorite' : 'star'}
              iconType={hit.isStarred ? 'mono' : 'default'}
              aria-label={t(hit.isStarred ? 'dashboard.unstarNamed' : 'dashboard.starNamed', {
                title: hit.title,
              })}
              aria-pressed={hit.isStarred}
              onClick={() => void setStar(hit.uid, !hit.isStarred).then(onChanged, onChanged)}
            />
            <Link to={hit.url || `/d/${hit.uid}`} className={styles.name}>
              {hit.title}
            </Link>
            <span className={styles.tags}>
              <TagList tags={hit.tags} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  filters: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), marginBottom: theme.spacing(2) }),
  search: css({ flex: '1 1 260px' }),
  picker: css({ flex: '0 1 220px', minWidth: 140 }),
  folder: css({
    marginBottom: theme.spacing(2),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  heading: css({
    margin: 0,
    padding: theme.spacing(1, 1.5),
    fontSize: theme.typography.h5.fontSize,
    color: theme.colors.text.secondary,
  }),
  list: css({ margin: 0, padding: 0, listStyle: 'none' }),
  item: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1.5),
    padding: theme.spacing(1, 1.5),
    borderTop: `1px solid ${theme.colors.border.weak}`,
    '&:hover': { background: theme.colors.action.hover },
  }),
  name: css({ flex: 1, minWidth: 0, fontWeight: theme.typography.fontWeightMedium }),
  tags: css({ [theme.breakpoints.down('sm')]: { display: 'none' } }),
});
