// One pane: its data source, time range and query, and what they lead to.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Combobox, IconButton, useStyles2 } from '@grafana/ui';
import { useCallback } from 'react';
import { useNavigate } from 'react-router-dom';
import { TimePickers } from '../../components/PageToolbar';
import { StateMessage } from '../../components/StateMessage';
import { useLocale } from '../../i18n/context';
import type { RawRange } from '../../lib/timeRange';
import { LogsPane } from './logs/LogsPane';
import { emptyQuery, type KeyedPane, type Pane, type PaneQuery } from './state/model';
import type { DataSources } from './state/useDataSources';
import type { Explore } from './state/useExplore';
import { usePaneTime } from './state/usePaneTime';
import { TracesPane } from './traces/TracesPane';

export interface ExplorePaneProps {
  keyed: KeyedPane;
  explore: Explore;
  sources: DataSources;
  setRange: (key: string, range: RawRange) => void;
  record: (datasource: string, query: PaneQuery) => void;
}

export function ExplorePane({ keyed: { key, pane }, explore, sources, setRange, record }: ExplorePaneProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const navigate = useNavigate();
  const { isSplit, besideAddress, insteadAddress, close } = explore;
  const time = usePaneTime(
    pane.range,
    useCallback((range: RawRange) => setRange(key, range), [setRange, key]),
  );
  const update = useCallback(
    (change: Partial<Pane>, replace?: boolean) => explore.update(key, change, replace),
    [explore.update, key],
  );
  const onRun = useCallback(
    (query: PaneQuery) => {
      update({ query });
      record(pane.datasource, query);
      time.refreshNow();
    },
    [update, record, pane.datasource, time.refreshNow],
  );
  const instead = useCallback((next: Pane) => insteadAddress(key, next), [insteadAddress, key]);
  const beside = useCallback((next: Pane) => besideAddress(key, next), [besideAddress, key]);
  const source = sources.find(pane.datasource);
  const options = sources.offered.map(({ uid, name }) => ({ value: uid, label: name }));
  const known = options.some(({ value }) => value === pane.datasource);
  const shared = { pane, time, sources, onRun, update, instead, beside };
  const { query } = pane;
  return (
    <section className={styles.pane} aria-label={source?.name ?? pane.datasource} data-testid={`pane-${key}`}>
      <div className={styles.bar}>
        <Combobox
          width={18}
          aria-label={t('explore.datasource')}
          options={known ? options : [...options, { value: pane.datasource, label: pane.datasource }]}
          value={pane.datasource}
          onChange={({ value }) => {
            const type = sources.find(value)?.type ?? '';
            update({ datasource: value, query: emptyQuery(type), spanId: '' });
          }}
        />
        <div className={styles.tools}>
          {isSplit ? (
            <IconButton
              name="times"
              size="lg"
              aria-label={t('explore.closePane')}
              onClick={() => close(key)}
            />
          ) : (
            <IconButton
              name="columns"
              size="lg"
              aria-label={t('explore.split')}
              onClick={() => navigate(beside(pane))}
            />
          )}
          <TimePickers time={time} />
        </div>
      </div>
      {query.kind === 'loki' && <LogsPane key={pane.datasource} {...shared} query={query} />}
      {query.kind === 'tempo' && <TracesPane key={pane.datasource} {...shared} query={query} />}
      {query.kind === 'other' && (
        <StateMessage
          title={t('explore.unsupported', { type: query.type || pane.datasource })}
          hint={t('explore.unsupportedHint')}
        />
      )}
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  pane: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1.5), minWidth: 0 }),
  bar: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'space-between',
    gap: theme.spacing(1),
  }),
  tools: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
});
