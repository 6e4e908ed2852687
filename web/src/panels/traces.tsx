// A trace as a waterfall; the answer of a search as a list that opens its traces.
import { css } from '@emotion/css';
import { type DataFrame, FieldType, type GrafanaTheme2, PanelPlugin, type PanelProps } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { Link } from 'react-router-dom';
import { buildTree, type SpanNode, visibleRows } from '../datasources/tempo/trace';
import { SpanDetails } from '../features/traces/SpanDetails';
import { SpanRow } from '../features/traces/SpanRow';
import { TimeAxis } from '../features/traces/TimeAxis';
import { useLocale } from '../i18n/context';
import { tracePath } from '../lib/paths';
import { NoData } from './shared/NoData';
import { isTraceFrame, toTrace } from './shared/traceFrames';

const MOST_ROWS = 1000;

function TracesPanel({ data, width, height }: PanelProps) {
  const { t } = useLocale();
  const trace = data.series.find((frame) => isTraceFrame(frame) && frame.length > 0);
  const list = data.series.find((frame) => !isTraceFrame(frame) && frame.length > 0);
  return (
    <div style={{ width, height, overflow: 'auto' }}>
      {trace ? (
        <TraceRows frame={trace} />
      ) : list ? (
        <TraceList frame={list} />
      ) : (
        <NoData text={t('panel.noTrace')} hint={t('panel.noTraceHint')} />
      )}
    </div>
  );
}

function TraceRows({ frame }: { frame: DataFrame }) {
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  const trace = useMemo(() => toTrace(frame), [frame]);
  const tree = useMemo(() => buildTree(trace), [trace]);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const whole = { fromMs: 0, toMs: tree.durationMs };
  const rows = visibleRows(tree.roots, collapsed).slice(0, MOST_ROWS);
  const flip = (set: ReadonlySet<string>, id: string) => {
    const after = new Set(set);
    if (!after.delete(id)) {
      after.add(id);
    }
    return after;
  };
  return (
    <>
      <div className={styles.facts}>
        <Link to={tracePath(trace.traceId)}>{trace.traceId}</Link>
        <span>{format.durationMs(tree.durationMs)}</span>
        <span>{`${t('trace.spans')}: ${format.count(trace.spans.length)}`}</span>
        <span>{`${t('trace.errors')}: ${format.count(tree.errorCount)}`}</span>
      </div>
      <TimeAxis window={whole} />
      {rows.map((node) => (
        <div key={node.span.spanId}>
          <SpanRow
            node={node}
            window={whole}
            critical={undefined}
            collapsed={collapsed.has(node.span.spanId)}
            dimmed={false}
            selected={open.has(node.span.spanId)}
            onToggleChildren={(changed: SpanNode) => setCollapsed(flip(collapsed, changed.span.spanId))}
            onSelect={(spanId) => setOpen(flip(open, spanId))}
          />
          {open.has(node.span.spanId) && <SpanDetails node={node} trace={trace} tree={tree} />}
        </div>
      ))}
    </>
  );
}

function TraceList({ frame }: { frame: DataFrame }) {
  const { format } = useLocale();
  const styles = useStyles2(getStyles);
  const column = (...names: string[]) =>
    frame.fields.find((field) => names.includes(field.name.toLowerCase()))?.values ?? [];
  const ids = column('traceid', 'trace id') as string[];
  const services = column('traceservice', 'service', 'rootservicename');
  const names = column('tracename', 'name', 'roottracename');
  const durations = column('traceduration', 'duration', 'durationms');
  const starts = frame.fields.find((field) => field.type === FieldType.time)?.values ?? [];
  return (
    <ul className={styles.list}>
      {ids.map((id, row) => (
        <li key={id}>
          <Link to={tracePath(id)} className={styles.item}>
            <span className={styles.name}>{`${services[row] ?? ''}: ${names[row] ?? id}`}</span>
            <span>{starts[row] === undefined ? '' : format.dateTime(Number(starts[row]))}</span>
            <strong>{durations[row] === undefined ? '' : format.durationMs(Number(durations[row]))}</strong>
          </Link>
        </li>
      ))}
    </ul>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  facts: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(0.5, 2),
    padding: theme.spacing(0.5, 1),
    color: theme.colors.text.secondary,
    '& a': { color: theme.colors.text.link, fontFamily: theme.typography.fontFamilyMonospace },
  }),
  list: css({ listStyle: 'none', margin: 0, padding: 0 }),
  item: css({
    display: 'flex',
    gap: theme.spacing(2),
    padding: theme.spacing(0.75, 1),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    '&:hover': { background: theme.colors.action.hover },
  }),
  name: css({ flex: 1, minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }),
});

export const plugin = new PanelPlugin(TracesPanel).setNoPadding();
