// Other dashboards: starred ones, or those that match a search.
import { css } from '@emotion/css';
import { type GrafanaTheme2, PanelPlugin, type PanelProps } from '@grafana/data';
import { Icon, useStyles2 } from '@grafana/ui';
import { Link, useLocation } from 'react-router-dom';
import { type SearchHit, searchDashboards } from '../api/dashboards';
import { ErrorState, LoadingState } from '../components/StateMessage';
import { useLocale } from '../i18n/context';
import { describeError } from '../lib/errors';
import { useResource } from '../lib/useResource';
import { NoData } from './shared/NoData';

interface DashListOptions {
  showStarred: boolean;
  showSearch: boolean;
  showHeadings: boolean;
  showFolderNames: boolean;
  keepTime: boolean;
  includeVars: boolean;
  maxItems: number;
  query: string;
  tags: string[];
  folderUID?: string;
}

async function load(options: DashListOptions, signal: AbortSignal): Promise<[SearchHit[], SearchHit[]]> {
  const limit = options.maxItems ?? 10;
  return Promise.all([
    options.showStarred ? searchDashboards({ starred: true, limit }, signal) : [],
    options.showSearch || !options.showStarred
      ? searchDashboards(
          { query: options.query, tags: options.tags, folderUid: options.folderUID, limit },
          signal,
        )
      : [],
  ]);
}

function DashListPanel({ options }: PanelProps<DashListOptions>) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const key = JSON.stringify(options);
  const found = useResource(key, key, (signal) => load(options, signal));
  if (found.error !== undefined) {
    return <ErrorState compact message={describeError(found.error, 'dashboard', t)} onRetry={found.reload} />;
  }
  if (!found.data) {
    return <LoadingState compact />;
  }
  const [starred, matching] = found.data;
  if (starred.length + matching.length === 0) {
    return <NoData text={t('panel.noDashboards')} hint={t('panel.noDashboardsHint')} />;
  }
  return (
    <div className={styles.box}>
      <Group title={t('dashboards.starred')} hits={starred} options={options} />
      <Group title={t('common.search')} hits={matching} options={options} />
    </div>
  );
}

function Group({ title, hits, options }: { title: string; hits: SearchHit[]; options: DashListOptions }) {
  const styles = useStyles2(getStyles);
  const { search } = useLocation();
  if (hits.length === 0) {
    return null;
  }
  return (
    <>
      {options.showHeadings && <h3 className={styles.heading}>{title}</h3>}
      <ul className={styles.list}>
        {hits.map((hit) => (
          <li key={hit.uid}>
            <Link to={`/d/${hit.uid}${carried(search, options)}`} className={styles.item}>
              <span>{hit.title}</span>
              {options.showFolderNames !== false && hit.folderTitle && (
                <span className={styles.folder}>{hit.folderTitle}</span>
              )}
              {hit.isStarred && <Icon name="favorite" type="mono" className={styles.star} />}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What of the present address goes along to the other dashboard. */
function carried(search: string, { keepTime, includeVars }: DashListOptions): string {
  const kept = [...new URLSearchParams(search)].filter(
    ([name]) => (keepTime && (name === 'from' || name === 'to')) || (includeVars && name.startsWith('var-')),
  );
  return kept.length > 0 ? `?${new URLSearchParams(kept)}` : '';
}

const getStyles = (theme: GrafanaTheme2) => ({
  box: css({ height: '100%', overflow: 'auto' }),
  heading: css({ margin: theme.spacing(0.5, 0), fontSize: theme.typography.body.fontSize }),
  list: css({ margin: 0, padding: 0, listStyle: 'none' }),
  item: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    padding: theme.spacing(0.75, 1),
    borderRadius: theme.shape.radius.default,
    color: theme.colors.text.link,
    '&:hover': { background: theme.colors.action.hover },
  }),
  folder: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  star: css({ color: theme.colors.warning.main }),
});

export const plugin = new PanelPlugin<DashListOptions>(DashListPanel).setPanelOptions((builder) => {
  const category = ['Dashboard list'];
  builder
    .addBooleanSwitch({ path: 'keepTime', name: 'Include current time range', category, defaultValue: false })
    .addBooleanSwitch({ path: 'includeVars', name: 'Include variable values', category, defaultValue: false })
    .addBooleanSwitch({ path: 'showStarred', name: 'Starred', category, defaultValue: true })
    .addBooleanSwitch({ path: 'showSearch', name: 'Search', category, defaultValue: false })
    .addBooleanSwitch({ path: 'showHeadings', name: 'Show headings', category, defaultValue: true })
    .addBooleanSwitch({ path: 'showFolderNames', name: 'Show folder names', category, defaultValue: true })
    .addNumberInput({ path: 'maxItems', name: 'Max items', category, defaultValue: 10 })
    .addTextInput({ path: 'query', name: 'Query', category, defaultValue: '' });
});
