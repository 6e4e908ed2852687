// Thousands of log lines of which only those in view exist in the page. The window scrolls, so that phones
// and the browser's own keys behave as on any page.
import { css } from '@emotion/css';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import type { LogEntry } from '../../datasources/loki/logLine';
import { useLocale } from '../../i18n/context';
import type { FieldFilter } from './fieldFilter';
import { LogRow } from './LogRow';

export interface VirtualLogListProps {
  entries: readonly LogEntry[];
  raw: boolean;
  wrap: boolean;
  withDate: boolean;
  onFilter: (filter: FieldFilter) => void;
}

const ROW_HEIGHT = 27;

/** Lines have no id: time, text and labels together are as good as one. */
export function entryKey(entry: LogEntry): string {
  return `${entry.timestampNs} ${entry.service} ${entry.line}`;
}

export function useOpenEntries(): [ReadonlySet<string>, (entry: LogEntry) => void] {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((entry: LogEntry) => {
    const key = entryKey(entry);
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(key)) {
        after.add(key);
      }
      return after;
    });
  }, []);
  return [open, toggle];
}

export function VirtualLogList({ entries, raw, wrap, withDate, onFilter }: VirtualLogListProps) {
  const { t } = useLocale();
  const list = useRef<HTMLElement>(null);
  const [top, setTop] = useState(0);
  const [open, toggle] = useOpenEntries();
  // What stands above the list changes height when filters wrap.
  useLayoutEffect(() => {
    setTop(list.current ? list.current.getBoundingClientRect().top + window.scrollY : 0);
  });
  const virtualizer = useWindowVirtualizer({
    count: entries.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 20,
    scrollMargin: top,
  });
  return (
    <section
      ref={list}
      className={LIST}
      style={{ height: virtualizer.getTotalSize() }}
      aria-label={t('logs.list')}
    >
      {virtualizer.getVirtualItems().map((item) => {
        const entry = entries[item.index];
        return (
          entry && (
            <div
              key={item.key}
              ref={virtualizer.measureElement}
              data-index={item.index}
              className={ITEM}
              style={{ transform: `translateY(${item.start - virtualizer.options.scrollMargin}px)` }}
            >
              <LogRow
                entry={entry}
                open={open.has(entryKey(entry))}
                onToggle={toggle}
                raw={raw}
                wrap={wrap}
                withDate={withDate}
                onFilter={onFilter}
              />
            </div>
          )
        );
      })}
    </section>
  );
}

const LIST = css({ position: 'relative', width: '100%' });
const ITEM = css({ position: 'absolute', top: 0, left: 0, width: '100%' });
