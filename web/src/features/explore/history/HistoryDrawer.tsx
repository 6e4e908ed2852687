// Queries of the past: search, star, comment, run again.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Combobox, Drawer, IconButton, InlineSwitch, Input, useStyles2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { StateMessage } from '../../../components/StateMessage';
import { useLocale } from '../../../i18n/context';
import { type HistoryEntry, type HistorySearch, searchHistory } from '../state/history';
import type { DataSources } from '../state/useDataSources';
import { type History, textOfQuery } from '../state/useHistory';

export interface HistoryDrawerProps {
  history: History;
  sources: DataSources;
  onRun: (entry: HistoryEntry) => void;
  onClose: () => void;
}

export function HistoryDrawer({ history, sources, onRun, onClose }: HistoryDrawerProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const [search, setSearch] = useState<HistorySearch>({
    text: '',
    starredOnly: false,
    datasource: '',
    order: 'newest',
  });
  const found = useMemo(
    () => searchHistory(history.entries, search, ({ query }) => textOfQuery(query)),
    [history.entries, search],
  );
  return (
    <Drawer title={t('explore.history')} subtitle={t('explore.history.hint')} onClose={onClose}>
      <div className={styles.tools}>
        <Input
          type="search"
          width={24}
          aria-label={t('common.search')}
          placeholder={t('common.search')}
          value={search.text}
          onChange={(event) => setSearch({ ...search, text: event.currentTarget.value })}
        />
        <Combobox
          width={16}
          aria-label={t('logs.order')}
          options={[
            { value: 'newest' as const, label: t('logs.newest') },
            { value: 'oldest' as const, label: t('logs.oldest') },
            { value: 'datasource' as const, label: t('explore.datasource') },
          ]}
          value={search.order}
          onChange={({ value }) => setSearch({ ...search, order: value })}
        />
        <InlineSwitch
          transparent
          showLabel
          label={t('explore.history.starred')}
          value={search.starredOnly}
          onChange={(event) => setSearch({ ...search, starredOnly: event.currentTarget.checked })}
        />
        <Button size="sm" variant="secondary" icon="trash-alt" onClick={history.clear}>
          {t('explore.history.clear')}
        </Button>
      </div>
      {found.length === 0 && <StateMessage compact title={t('explore.history.none')} />}
      <ul className={styles.list}>
        {found.map((entry) => (
          <Row
            key={entry.id}
            entry={entry}
            history={history}
            name={sources.find(entry.datasource)?.name ?? entry.datasource}
            onRun={onRun}
          />
        ))}
      </ul>
    </Drawer>
  );
}

interface RowProps {
  entry: HistoryEntry;
  history: History;
  name: string;
  onRun: (entry: HistoryEntry) => void;
}

function Row({ entry, history, name, onRun }: RowProps) {
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  const [comment, setComment] = useState(entry.comment);
  return (
    <li className={styles.row} data-testid="history-entry">
      <div className={styles.head}>
        <span>
          {name} · {format.dateTime(entry.atMs)}
        </span>
        <IconButton
          name={entry.starred ? 'favorite' : 'star'}
          iconType={entry.starred ? 'mono' : 'default'}
          aria-label={t(entry.starred ? 'explore.history.unstar' : 'explore.history.star')}
          onClick={() => history.change(entry.id, { starred: !entry.starred })}
        />
        <IconButton
          name="trash-alt"
          aria-label={t('explore.history.remove')}
          onClick={() => history.remove(entry.id)}
        />
        <Button size="sm" variant="secondary" onClick={() => onRun(entry)}>
          {t('logs.run')}
        </Button>
      </div>
      <code className={styles.text}>{textOfQuery(entry.query)}</code>
      <Input
        aria-label={t('explore.history.comment')}
        placeholder={t('explore.history.comment')}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        onBlur={() => comment !== entry.comment && history.change(entry.id, { comment })}
      />
    </li>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  tools: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
  list: css({ listStyle: 'none', marginTop: theme.spacing(1.5) }),
  row: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(0.5),
    padding: theme.spacing(1, 0),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
  }),
  head: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    color: theme.colors.text.secondary,
    '& > span': { marginRight: 'auto' },
  }),
  text: css({ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }),
});
