// Search in the logs: filters, the lines found, and each line's fields.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, useStyles2 } from '@grafana/ui';
import { useCallback } from 'react';
import { Card } from '../../components/Card';
import { PageToolbar } from '../../components/PageToolbar';
import { ErrorState, LoadingState, StateMessage } from '../../components/StateMessage';
import { EVERYTHING, printQuery } from '../../datasources/loki/logql';
import { useLocale } from '../../i18n/context';
import { describeError, staleNote } from '../../lib/errors';
import { useTimeControls } from '../../lib/useTimeControls';
import { applyFilter, type FieldFilter } from './fieldFilter';
import { LogFilters } from './LogFilters';
import { type LogLines, type LogSearch, useLogLines, useLogSearch } from './useLogSearch';
import { VirtualLogList } from './VirtualLogList';

const DAY_MS = 86_400_000;

export function LogsPage() {
  const locale = useLocale();
  const { t } = locale;
  const time = useTimeControls('');
  const search = useLogSearch();
  const lines = useLogLines(search, time);
  const count = lines.entries.length;
  const counted = t.plural('logs.shown', count) + (lines.limited ? ` · ${t('logs.limitReached')}` : '');
  return (
    <>
      <PageToolbar title={t('logs.title')} time={time} loading={lines.loading} />
      <LogFilters search={search} time={time} />
      <Card
        title={t('logs.list')}
        hint={lines.data ? counted : undefined}
        warning={staleNote(lines, 'logs', locale)}
        loading={lines.loading}
        flush
      >
        <Lines lines={lines} search={search} withDate={time.range.toMs - time.range.fromMs > DAY_MS} />
      </Card>
    </>
  );
}

function Lines({ lines, search, withDate }: { lines: LogLines; search: LogSearch; withDate: boolean }) {
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  const { state, setQuery } = search;
  const { parsed } = state;
  const onFilter = useCallback(
    (filter: FieldFilter) => setQuery(applyFilter(parsed ?? EVERYTHING, filter)),
    [parsed, setQuery],
  );
  if (!lines.data) {
    return lines.error === undefined ? (
      <LoadingState />
    ) : (
      <ErrorState message={describeError(lines.error, 'logs', t)} onRetry={lines.reload} />
    );
  }
  if (lines.entries.length === 0) {
    const filtered = state.text !== printQuery(EVERYTHING);
    return (
      <StateMessage
        title={t(filtered ? 'logs.empty' : 'logs.emptyRecent')}
        hint={t(filtered ? 'logs.emptyHint' : 'logs.emptyRecentHint')}
        action={
          filtered && (
            <Button variant="secondary" onClick={() => setQuery(EVERYTHING)}>
              {t('logs.resetFilters')}
            </Button>
          )
        }
      />
    );
  }
  return (
    <>
      <VirtualLogList
        entries={lines.entries}
        raw={state.raw}
        wrap={state.wrap}
        withDate={withDate}
        onFilter={onFilter}
      />
      {lines.limited && (
        <div className={styles.more}>
          <Button variant="secondary" disabled={lines.loadingMore} onClick={lines.loadMore}>
            {lines.loadingMore
              ? t('logs.loadingMore')
              : t('logs.loadMore', { count: format.count(state.limit) })}
          </Button>
        </div>
      )}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  more: css({ display: 'flex', justifyContent: 'center', padding: theme.spacing(2) }),
});
