// The answer of a query of lines: histogram, options, lines, and a way to more of them.
import { css } from '@emotion/css';
import { Button, Combobox, Dropdown, InlineSwitch, Menu, RadioButtonGroup, useTheme2 } from '@grafana/ui';
import { useCallback, useMemo, useState } from 'react';
import { Card } from '../../../components/Card';
import { identityOf } from '../../../datasources/loki/context';
import { DEDUP_STRATEGIES, dedup } from '../../../datasources/loki/dedup';
import {
  DOWNLOAD_FORMATS,
  type DownloadFormat,
  linesAsFile,
  MEDIA_TYPES,
  saveFile,
} from '../../../datasources/loki/download';
import { filterByValue } from '../../../datasources/loki/lineFilter';
import type { LogEntry } from '../../../datasources/loki/logLine';
import { useLocale } from '../../../i18n/context';
import { levelColor } from '../../../lib/colors';
import { describeError, staleNote } from '../../../lib/errors';
import type { TimeControls } from '../../../lib/useTimeControls';
import { TimeSeriesChart } from '../../../panels/TimeSeriesChart';
import { type LogActions, LogActionsProvider } from '../../logs/logActions';
import { VirtualLogList } from '../../logs/VirtualLogList';
import { type LogsView, type Pane, tracePane } from '../state/model';
import { ContextDrawer } from './ContextDrawer';
import type { Logs } from './useLogs';

const DAY_MS = 86_400_000;
const ignore = () => undefined;

export interface LogsResultProps {
  uid: string;
  expr: string;
  view: LogsView;
  setView: (view: LogsView) => void;
  onExpr: (expr: string) => void;
  instead: (pane: Pane) => string;
  beside: (pane: Pane) => string;
}

/** Actions on lines, shared by the found ones and those that arrive live. */
export function useActions(
  { expr, view, setView, onExpr, instead, beside }: LogsResultProps,
  onContext: (entry: LogEntry) => void,
  repeats: ReadonlyMap<string, number>,
): LogActions {
  return useMemo(() => {
    const pane = (entry: LogEntry) => tracePane(entry.traceId ?? '', entry.spanId ?? '');
    return {
      traceAddress: (entry) => instead(pane(entry)),
      splitAddress: (entry) => beside(pane(entry)),
      onFilterValue: (filter, entry) => onExpr(filterByValue(expr, filter, entry)),
      onContext,
      fields: view.fields,
      onToggleField: (name) =>
        setView({
          ...view,
          fields: view.fields.includes(name)
            ? view.fields.filter((field) => field !== name)
            : [...view.fields, name],
        }),
      repeatsOf: (entry) => repeats.get(identityOf(entry)) ?? 0,
    };
  }, [expr, view, setView, onExpr, instead, beside, onContext, repeats]);
}

export function LogsResult(props: LogsResultProps & { logs: Logs; time: TimeControls }) {
  const { logs, time, view, setView, uid } = props;
  const locale = useLocale();
  const { t, format } = locale;
  const [contextOf, setContextOf] = useState<LogEntry | undefined>(undefined);
  const groups = useMemo(() => dedup(logs.entries, view.dedup), [logs.entries, view.dedup]);
  const repeats = useMemo(
    () => new Map(groups.map(({ entry, repeats: count }) => [identityOf(entry), count])),
    [groups],
  );
  const shown = useMemo(() => groups.map(({ entry }) => entry), [groups]);
  const onContext = useCallback((entry: LogEntry) => setContextOf(entry), []);
  const actions = useActions(props, onContext, repeats);
  const counted = t.plural('logs.shown', logs.entries.length);
  return (
    <LogActionsProvider value={actions}>
      <Volume logs={logs} time={time} />
      <Card
        title={t('logs.list')}
        hint={logs.hasMore ? `${counted} · ${t('logs.limitReached')}` : counted}
        warning={staleNote(logs.result, 'logs', locale)}
        loading={logs.result.loading}
        actions={<ViewOptions view={view} setView={setView} entries={logs.entries} />}
        flush
      >
        <VirtualLogList
          entries={shown}
          raw={view.raw}
          wrap={view.wrap}
          withDate={time.range.toMs - time.range.fromMs > DAY_MS}
          onFilter={ignore}
        />
        {logs.moreError !== undefined && (
          <p role="alert" className={MORE}>
            {describeError(logs.moreError, 'logs', t)}
          </p>
        )}
        {logs.hasMore && (
          <div className={MORE}>
            <Button variant="secondary" disabled={logs.loadingMore} onClick={logs.loadMore}>
              {logs.loadingMore
                ? t('logs.loadingMore')
                : t(view.order === 'newest' ? 'explore.logs.older' : 'explore.logs.newer', {
                    time: format.clock(logs.entries.at(-1)?.timeMs ?? 0),
                  })}
            </Button>
          </div>
        )}
      </Card>
      {contextOf && <ContextDrawer uid={uid} entry={contextOf} onClose={() => setContextOf(undefined)} />}
    </LogActionsProvider>
  );
}

function Volume({ logs, time }: { logs: Logs; time: TimeControls }) {
  const { t, format } = useLocale();
  const theme = useTheme2();
  const { volume } = logs;
  const series = useMemo(
    () =>
      (volume.data?.levels ?? []).map(({ level, counts, total }) => ({
        name: `${t(`logs.level.${level}`)} (${format.count(total)})`,
        color: levelColor(theme, level),
        values: counts,
      })),
    [volume.data, theme, t, format],
  );
  if (volume.error !== undefined && !volume.data) {
    return null;
  }
  return (
    <Card
      title={t('explore.volume.title')}
      hint={volume.data && t.plural('logs.shown', volume.data.total)}
      loading={volume.loading}
    >
      <div style={{ height: 150 }}>
        {volume.data && volume.data.total > 0 && (
          <TimeSeriesChart
            times={volume.data.times}
            series={series}
            range={time.range}
            unit="short"
            height={150}
            look="bars"
            onZoom={({ from, to }) =>
              time.setRange({ from: String(Math.round(from)), to: String(Math.round(to)) })
            }
          />
        )}
      </div>
    </Card>
  );
}

interface ViewOptionsProps {
  view: LogsView;
  setView: (view: LogsView) => void;
  entries: readonly LogEntry[];
}

export function ViewOptions({ view, setView, entries }: ViewOptionsProps) {
  const { t } = useLocale();
  const download = (format: DownloadFormat) =>
    saveFile(
      `logs-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.${format}`,
      linesAsFile(entries, format),
      MEDIA_TYPES[format],
    );
  return (
    <>
      <RadioButtonGroup
        size="sm"
        aria-label={t('logs.order')}
        value={view.order}
        options={[
          { label: t('logs.newest'), value: 'newest' as const },
          { label: t('logs.oldest'), value: 'oldest' as const },
        ]}
        onChange={(order) => setView({ ...view, order })}
      />
      <InlineSwitch
        transparent
        showLabel
        label={t('logs.wrap')}
        value={view.wrap}
        onChange={(event) => setView({ ...view, wrap: event.currentTarget.checked })}
      />
      <InlineSwitch
        transparent
        showLabel
        label={t('logs.raw')}
        value={view.raw}
        onChange={(event) => setView({ ...view, raw: event.currentTarget.checked })}
      />
      <Combobox
        width={22}
        aria-label={t('explore.logs.dedup')}
        options={DEDUP_STRATEGIES.map((value) => ({ value, label: t(`explore.dedup.${value}`) }))}
        value={view.dedup}
        onChange={({ value }) => setView({ ...view, dedup: value })}
      />
      {view.fields.length > 0 && (
        <Button size="sm" variant="secondary" icon="times" onClick={() => setView({ ...view, fields: [] })}>
          {t('explore.logs.wholeLines')}
        </Button>
      )}
      <Dropdown
        overlay={
          <Menu>
            {DOWNLOAD_FORMATS.map((format) => (
              <Menu.Item key={format} label={format.toUpperCase()} onClick={() => download(format)} />
            ))}
          </Menu>
        }
      >
        <Button size="sm" variant="secondary" icon="download-alt" aria-label={t('explore.download')} />
      </Dropdown>
    </>
  );
}

const MORE = css({ display: 'flex', justifyContent: 'center', padding: 16, margin: 0 });
