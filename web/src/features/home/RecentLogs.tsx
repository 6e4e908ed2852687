// The newest log lines with a quick filter. The logs page does the rest.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Combobox, Input, useStyles2 } from '@grafana/ui';
import { type KeyboardEvent, useEffect, useMemo, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { Card } from '../../components/Card';
import { MultiPicker } from '../../components/MultiPicker';
import { NavButton } from '../../components/NavButton';
import { ErrorState, LoadingState, StateMessage } from '../../components/StateMessage';
import { msToNs, queryRange } from '../../datasources/loki/client';
import { EVERYTHING, type LogQuery, printQuery, selectValues } from '../../datasources/loki/logql';
import { useLocale } from '../../i18n/context';
import { describeError, staleNote } from '../../lib/errors';
import { logsPath, searchQuery } from '../../lib/paths';
import { useResource } from '../../lib/useResource';
import type { TimeControls } from '../../lib/useTimeControls';
import { LogRow } from '../logs/LogRow';
import { useLabelOptions } from '../logs/useLabelOptions';
import { entryKey, useOpenEntries } from '../logs/VirtualLogList';

const LINES = 40;
const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

interface LogFilter {
  services: string[];
  level: string;
  text: string;
}

/** `service`, `level` and `search` in the URL. */
function useLogFilter(): [LogFilter, (part: Partial<LogFilter>) => void] {
  const [parameters, setParameters] = useSearchParams();
  const services = parameters.get('service') ?? '';
  const level = parameters.get('level') ?? '';
  const text = parameters.get('search') ?? '';
  const filter = useMemo<LogFilter>(
    () => ({ services: services ? services.split(',') : [], level, text }),
    [services, level, text],
  );
  const change = (part: Partial<LogFilter>) =>
    setParameters(
      (current) => {
        const next = { ...filter, ...part };
        const values = { service: next.services.join(','), level: next.level, search: next.text };
        for (const [name, value] of Object.entries(values)) {
          if (value) {
            current.set(name, value);
          } else {
            current.delete(name);
          }
        }
        return current;
      },
      { replace: true },
    );
  return [filter, change];
}

function toQuery(filter: LogFilter): LogQuery {
  const byService = selectValues(EVERYTHING, 'service_name', filter.services);
  return searchQuery(selectValues(byService, 'level', filter.level ? [filter.level] : []), filter.text);
}

export function RecentLogs({ time }: { time: TimeControls }) {
  const locale = useLocale();
  const { t } = locale;
  const styles = useStyles2(getStyles);
  const [filter, change] = useLogFilter();
  const query = printQuery(toQuery(filter));
  const { raw, range, tick } = time;
  const identity = `${query} ${raw.from} ${raw.to}`;
  const lines = useResource(identity, `${identity} ${tick}`, (signal) =>
    queryRange(
      {
        query,
        startNs: msToNs(range.fromMs),
        endNs: msToNs(range.toMs),
        limit: LINES,
        direction: 'backward',
      },
      signal,
    ),
  );
  const [open, toggle] = useOpenEntries();
  const filtered = filter.services.length > 0 || filter.level !== '' || filter.text !== '';
  const content = () => {
    if (!lines.data) {
      return lines.error === undefined ? (
        <LoadingState compact />
      ) : (
        <ErrorState compact message={describeError(lines.error, 'logs', t)} onRetry={lines.reload} />
      );
    }
    return lines.data.length > 0 ? (
      lines.data.map((entry) => (
        <LogRow key={entryKey(entry)} entry={entry} open={open.has(entryKey(entry))} onToggle={toggle} />
      ))
    ) : (
      <StateMessage
        compact
        title={t(filtered ? 'logs.empty' : 'logs.emptyRecent')}
        hint={t(filtered ? 'logs.emptyHint' : 'logs.emptyRecentHint')}
      />
    );
  };
  return (
    <Card
      title={t('home.logs')}
      warning={staleNote(lines, 'logs', locale)}
      loading={lines.loading}
      flush
      actions={
        <NavButton to={logsPath({ query, range: raw })} small variant="secondary" icon="gf-logs">
          {t('home.logsOpen')}
        </NavButton>
      }
    >
      <Filters filter={filter} change={change} time={time} />
      <div className={styles.lines} data-testid="recent-logs">
        {content()}
      </div>
    </Card>
  );
}

interface FiltersProps {
  filter: LogFilter;
  change: (part: Partial<LogFilter>) => void;
  time: TimeControls;
}

function Filters({ filter, change, time }: FiltersProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const services = useLabelOptions('service_name', time.range, time.raw, filter.services);
  const levels = LEVELS.map((value) => ({ label: t(`logs.level.${value}`), value: value as string }));
  return (
    <div className={styles.filters}>
      <div className={styles.services}>
        <MultiPicker
          label={t('common.service')}
          placeholder={t('common.services')}
          options={services}
          value={filter.services}
          onChange={(chosen) => change({ services: chosen })}
        />
      </div>
      <div className={styles.level}>
        <Combobox
          aria-label={t('common.level')}
          isClearable
          placeholder={t('common.level')}
          options={levels}
          value={filter.level || null}
          onChange={(option) => change({ level: option?.value ?? '' })}
        />
      </div>
      <SearchBox text={filter.text} onChange={(text) => change({ text })} />
    </div>
  );
}

const TYPING_PAUSE_MS = 350;

/** Searches when the typing pauses, or at once with Enter. */
function SearchBox({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const [draft, setDraft] = useState(text);
  useEffect(() => setDraft(text), [text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the pause
  useEffect(() => {
    if (draft === text) {
      return undefined;
    }
    const timer = window.setTimeout(() => onChange(draft), TYPING_PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [draft]);
  return (
    <div className={styles.search}>
      <Input
        type="search"
        aria-label={t('common.search')}
        placeholder={t('common.search')}
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={(event: KeyboardEvent) => event.key === 'Enter' && onChange(draft)}
      />
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  filters: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1),
    padding: theme.spacing(0.5, 1.5, 1, 1.5),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
  }),
  services: css({ flex: '2 1 180px', minWidth: 0 }),
  level: css({ flex: '1 1 110px', minWidth: 0 }),
  search: css({ flex: '2 1 160px', minWidth: 0 }),
  lines: css({ height: 480, overflowY: 'auto', overflowX: 'hidden' }),
});
