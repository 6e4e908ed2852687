// Explore: ask the stores anything, in one pane or in two side by side.
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, ClipboardButton, InlineSwitch, useStyles2 } from '@grafana/ui';
import { useCallback, useEffect, useState } from 'react';
import { requestJson } from '../../api/http';
import { useLocale } from '../../i18n/context';
import type { RawRange } from '../../lib/timeRange';
import { ExplorePane } from './ExplorePane';
import { HistoryDrawer } from './history/HistoryDrawer';
import { useDataSources } from './state/useDataSources';
import { useExplore } from './state/useExplore';
import { useHistory } from './state/useHistory';

export function ExplorePage() {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const explore = useExplore();
  const sources = useDataSources();
  const history = useHistory();
  const [historyOpen, setHistoryOpen] = useState(false);
  const [synced, setSynced] = useState(false);
  const { panes, isSplit, update, updateAll } = explore;
  useEffect(() => {
    document.title = `${t('explore.title')} · ${t('app.name')}`;
  }, [t]);
  useSlashFocus();
  const setRange = useCallback(
    (key: string, range: RawRange) => (synced && isSplit ? updateAll({ range }) : update(key, { range })),
    [synced, isSplit, update, updateAll],
  );
  const sync = (on: boolean) => {
    setSynced(on);
    const [first] = panes;
    if (on && first) {
      updateAll({ range: first.pane.range });
    }
  };
  return (
    <>
      <div className={styles.head}>
        <h1 className={styles.title}>{t('explore.title')}</h1>
        <div className={styles.tools}>
          {isSplit && (
            <InlineSwitch
              transparent
              showLabel
              label={t('explore.syncTime')}
              value={synced}
              onChange={(event) => sync(event.currentTarget.checked)}
            />
          )}
          <Button size="sm" variant="secondary" icon="history" onClick={() => setHistoryOpen(true)}>
            {t('explore.history')}
          </Button>
          <ShareButton address={explore.address} />
        </div>
      </div>
      <div className={cx(styles.panes, isSplit && styles.split)}>
        {panes.map((keyed) => (
          <ExplorePane
            key={keyed.key}
            keyed={keyed}
            explore={explore}
            sources={sources}
            setRange={setRange}
            record={history.record}
          />
        ))}
      </div>
      {historyOpen && (
        <HistoryDrawer
          history={history}
          sources={sources}
          onRun={({ datasource, query }) => {
            const [first] = panes;
            if (first) {
              update(first.key, { datasource, query, spanId: '' });
              history.record(datasource, query);
            }
            setHistoryOpen(false);
          }}
          onClose={() => setHistoryOpen(false)}
        />
      )}
    </>
  );
}

/** A short link where the server makes them, the whole address otherwise. */
function ShareButton({ address }: { address: string }) {
  const { t } = useLocale();
  const [short, setShort] = useState<{ of: string; url: string } | undefined>(undefined);
  const prepare = () => {
    if (short?.of !== address) {
      requestJson<{ url?: string }>('/api/short-urls', { method: 'POST', body: { path: address.slice(1) } })
        .then(({ url }) => url && setShort({ of: address, url }))
        .catch(() => undefined);
    }
  };
  return (
    <span onPointerEnter={prepare}>
      <ClipboardButton
        size="sm"
        variant="secondary"
        icon="link"
        getText={() => (short?.of === address ? short.url : window.location.origin + address)}
      >
        {t('explore.share')}
      </ClipboardButton>
    </span>
  );
}

/** `/` goes to the query, wherever the keys are not needed for typing. */
function useSlashFocus(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (
        event.key === '/' &&
        !target.isContentEditable &&
        !/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
      ) {
        const query = document.querySelector<HTMLElement>('[data-query], [data-testid="label-filter"] input');
        if (query) {
          event.preventDefault();
          query.focus();
        }
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

const getStyles = (theme: GrafanaTheme2) => ({
  head: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'space-between',
    gap: theme.spacing(1),
    marginBottom: theme.spacing(1.5),
  }),
  title: css({
    margin: 0,
    fontSize: theme.typography.h3.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  tools: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
  panes: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr)',
    gap: theme.spacing(2),
    alignItems: 'start',
  }),
  split: css({ [theme.breakpoints.up('lg')]: { gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr)' } }),
});
