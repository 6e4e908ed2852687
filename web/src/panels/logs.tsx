// Log lines, newest first or last; each opens into its fields and leads to its trace.
import { css } from '@emotion/css';
import { PanelPlugin, type PanelProps } from '@grafana/data';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { LogEntry } from '../datasources/loki/logLine';
import { LogRow } from '../features/logs/LogRow';
import { useLocale } from '../i18n/context';
import { dedup, type SortOrder, toEntries } from './shared/logFrames';
import { NoData } from './shared/NoData';
import { choices } from './shared/options';

interface LogsOptions {
  showTime: boolean;
  wrapLogMessage: boolean;
  prettifyLogMessage: boolean;
  enableLogDetails: boolean;
  dedupStrategy: 'none' | 'exact' | 'numbers' | 'signature';
  sortOrder: SortOrder;
}

const ROW_HEIGHT = 27;
const A_DAY_MS = 86_400_000;

function LogsPanel({ data, options, width, height, timeRange }: PanelProps<LogsOptions>) {
  const { t } = useLocale();
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const entries = useMemo(
    () => dedup(toEntries(data.series, options.sortOrder ?? 'Descending'), options.dedupStrategy),
    [data.series, options.sortOrder, options.dedupStrategy],
  );
  const toggle = useCallback((entry: LogEntry) => {
    setOpen((before) => {
      const after = new Set(before);
      const key = `${entry.timestampNs} ${entry.line}`;
      if (!after.delete(key)) {
        after.add(key);
      }
      return after;
    });
  }, []);
  const virtualizer = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 15,
  });
  if (entries.length === 0) {
    return <NoData text={t('panel.noLines')} hint={t('panel.noLinesHint')} />;
  }
  const withDate = timeRange.to.valueOf() - timeRange.from.valueOf() > A_DAY_MS;
  return (
    <section ref={scroller} className={SCROLLER} style={{ width, height }} aria-label={t('logs.list')}>
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
        {virtualizer.getVirtualItems().map((item) => {
          const entry = entries[item.index];
          return (
            entry && (
              <div
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                className={ITEM}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <LogRow
                  entry={entry}
                  open={open.has(`${entry.timestampNs} ${entry.line}`)}
                  onToggle={toggle}
                  raw={!options.prettifyLogMessage && !entry.fields}
                  wrap={options.wrapLogMessage}
                  withDate={withDate}
                />
              </div>
            )
          );
        })}
      </div>
    </section>
  );
}

const SCROLLER = css({ overflow: 'auto' });
const ITEM = css({ position: 'absolute', top: 0, left: 0, width: '100%' });

export const plugin = new PanelPlugin<LogsOptions>(LogsPanel).setNoPadding().setPanelOptions((builder) => {
  const category = ['Logs'];
  builder
    .addBooleanSwitch({ path: 'showTime', name: 'Time', category, defaultValue: true })
    .addBooleanSwitch({ path: 'wrapLogMessage', name: 'Wrap lines', category, defaultValue: false })
    .addBooleanSwitch({ path: 'enableLogDetails', name: 'Enable log details', category, defaultValue: true })
    .addRadio({
      path: 'dedupStrategy',
      name: 'Deduplication',
      category,
      defaultValue: 'none',
      settings: choices(
        ['none', 'None'],
        ['exact', 'Exact'],
        ['numbers', 'Numbers'],
        ['signature', 'Signature'],
      ),
    })
    .addRadio({
      path: 'sortOrder',
      name: 'Order',
      category,
      defaultValue: 'Descending',
      settings: choices(['Descending', 'Newest first'], ['Ascending', 'Oldest first']),
    });
});
