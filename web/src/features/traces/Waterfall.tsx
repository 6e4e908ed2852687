// The spans of a trace as rows under a common time axis.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, InlineSwitch, Input, useStyles2 } from '@grafana/ui';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { ServiceTag } from '../../components/ServiceTag';
import { criticalPath, type PathSegment } from '../../datasources/tempo/criticalPath';
import {
  allNodes,
  type SpanNode,
  spanMatches,
  type Trace,
  type TraceTree,
  visibleRows,
} from '../../datasources/tempo/trace';
import { useLocale } from '../../i18n/context';
import { Minimap } from './Minimap';
import { SpanDetails } from './SpanDetails';
import { SpanRow } from './SpanRow';
import { TimeAxis } from './TimeAxis';
import { useTraceLinks } from './traceLinks';

const ROW_HEIGHT = 30;

export function Waterfall({ trace, tree }: { trace: Trace; tree: TraceTree }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [find, setFind] = useState('');
  const [selected, toggleSelected] = useSelectedSpan();
  const [shown, setShown] = useState<PathSegment>({ fromMs: 0, toMs: tree.durationMs });
  const [withPath, setWithPath] = useState(false);
  const path = useMemo(() => (tree.roots[0] ? criticalPath(tree.roots[0]) : new Map()), [tree]);
  const everything = useMemo(() => allNodes(tree.roots), [tree]);
  const rows = useMemo(() => visibleRows(tree.roots, collapsed), [tree, collapsed]);
  const matches = useMemo(() => matchingIds(trace, find), [trace, find]);
  const toggleChildren = useCallback((node: SpanNode) => {
    setCollapsed((before) => {
      const after = new Set(before);
      if (!after.delete(node.span.spanId)) {
        after.add(node.span.spanId);
      }
      return after;
    });
  }, []);
  const collapseAll = () =>
    setCollapsed(
      new Set(allNodes(tree.roots).flatMap((node) => (node.children.length > 0 ? [node.span.spanId] : []))),
    );
  return (
    <section className={styles.waterfall} aria-label={t('trace.waterfall')}>
      <div className={styles.tools}>
        <div className={styles.legend}>
          {tree.services.map((service) => (
            <ServiceTag key={service} name={service} />
          ))}
        </div>
        <div className={styles.find}>
          <Input
            type="search"
            width={28}
            aria-label={t('trace.find')}
            placeholder={t('trace.findPlaceholder')}
            value={find}
            onChange={(event) => setFind(event.currentTarget.value)}
            suffix={matches && <span>{t.plural('trace.matches', matches.size)}</span>}
          />
          <InlineSwitch
            transparent
            showLabel
            label={t('explore.traces.criticalPath')}
            value={withPath}
            onChange={(event) => setWithPath(event.currentTarget.checked)}
          />
          <Button size="sm" variant="secondary" fill="text" onClick={() => setCollapsed(new Set())}>
            {t('trace.expandAll')}
          </Button>
          <Button size="sm" variant="secondary" fill="text" onClick={collapseAll}>
            {t('trace.collapseAll')}
          </Button>
        </div>
      </div>
      <Minimap nodes={everything} durationMs={tree.durationMs} window={shown} onWindow={setShown} />
      <TimeAxis window={shown} />
      <SpanRows
        rows={rows}
        window={shown}
        path={withPath ? path : NO_PATH}
        trace={trace}
        tree={tree}
        collapsed={collapsed}
        matches={matches}
        selected={selected}
        onToggleChildren={toggleChildren}
        onSelect={toggleSelected}
      />
    </section>
  );
}

/** Undefined while nothing is searched for. */
function matchingIds(trace: Trace, find: string): ReadonlySet<string> | undefined {
  const text = find.trim();
  return text === ''
    ? undefined
    : new Set(trace.spans.filter((span) => spanMatches(span, text)).map((span) => span.spanId));
}

/** The open spans; the one that was opened last stands in the URL, so a link can point at a span. */
function useSelectedSpan(): [ReadonlySet<string>, (spanId: string) => void] {
  const [parameters, setParameters] = useSearchParams();
  const links = useTraceLinks();
  const [open, setOpen] = useState<ReadonlySet<string>>(() => {
    const span = links ? links.spanId : parameters.get('span');
    return new Set(span ? [span] : []);
  });
  const toggle = (spanId: string) => {
    const after = new Set(open);
    const closed = after.delete(spanId);
    if (!closed) {
      after.add(spanId);
    }
    setOpen(after);
    if (links) {
      links.onSpan([...after].at(-1) ?? '');
      return;
    }
    setParameters(
      (current) => {
        const last = [...after].at(-1);
        if (last) {
          current.set('span', last);
        } else {
          current.delete('span');
        }
        return current;
      },
      { replace: true },
    );
  };
  return [open, toggle];
}

const NO_PATH: ReadonlyMap<string, PathSegment[]> = new Map();

interface SpanRowsProps {
  rows: readonly SpanNode[];
  window: PathSegment;
  path: ReadonlyMap<string, PathSegment[]>;
  trace: Trace;
  tree: TraceTree;
  collapsed: ReadonlySet<string>;
  matches: ReadonlySet<string> | undefined;
  selected: ReadonlySet<string>;
  onToggleChildren: (node: SpanNode) => void;
  onSelect: (spanId: string) => void;
}

function SpanRows({
  rows,
  window: shown,
  path,
  trace,
  tree,
  collapsed,
  matches,
  selected,
  onToggleChildren,
  onSelect,
}: SpanRowsProps) {
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    setTop(list.current ? list.current.getBoundingClientRect().top + window.scrollY : 0);
  }, []);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 30,
    scrollMargin: top,
  });
  useScrollToSelected(rows, selected, (index) => virtualizer.scrollToIndex(index, { align: 'center' }));
  return (
    <div ref={list} className={LIST} style={{ height: virtualizer.getTotalSize() }}>
      {virtualizer.getVirtualItems().map((item) => {
        const node = rows[item.index];
        return (
          node && (
            <div
              key={node.span.spanId}
              ref={virtualizer.measureElement}
              data-index={item.index}
              className={ITEM}
              style={{ transform: `translateY(${item.start - virtualizer.options.scrollMargin}px)` }}
            >
              <SpanRow
                node={node}
                window={shown}
                critical={path.get(node.span.spanId)}
                collapsed={collapsed.has(node.span.spanId)}
                dimmed={matches !== undefined && !matches.has(node.span.spanId)}
                selected={selected.has(node.span.spanId)}
                onToggleChildren={onToggleChildren}
                onSelect={onSelect}
              />
              {selected.has(node.span.spanId) && <SpanDetails node={node} trace={trace} tree={tree} />}
            </div>
          )
        );
      })}
    </div>
  );
}

/** A link to a span far down must not leave the reader at the top. Once, when the page opens. */
function useScrollToSelected(
  rows: readonly SpanNode[],
  selected: ReadonlySet<string>,
  scrollTo: (index: number) => void,
): void {
  const first = useRef({ rows, selected, scrollTo });
  useEffect(() => {
    const { rows: initialRows, selected: initialSelection, scrollTo: scroll } = first.current;
    const index = initialRows.findIndex((node) => initialSelection.has(node.span.spanId));
    if (index > 15) {
      scroll(index);
    }
  }, []);
}

const LIST = css({ position: 'relative', width: '100%' });
const ITEM = css({ position: 'absolute', top: 0, left: 0, width: '100%' });

const getStyles = (theme: GrafanaTheme2) => ({
  waterfall: css({
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    overflow: 'hidden',
  }),
  tools: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'space-between',
    gap: theme.spacing(1, 2),
    padding: theme.spacing(1, 1.5),
  }),
  legend: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0.5, 2) }),
  find: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(0.5) }),
});
