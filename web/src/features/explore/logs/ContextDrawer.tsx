// What was written before and after a line. Fewer labels mean more neighbours.
import { css } from '@emotion/css';
import { Button, Checkbox, Drawer, useTheme2 } from '@grafana/ui';
import { useMemo, useRef, useState } from 'react';
import { ErrorState, LoadingState } from '../../../components/StateMessage';
import {
  contextLabels,
  contextLines,
  contextSelector,
  identityOf,
  type Side,
} from '../../../datasources/loki/context';
import type { LogEntry } from '../../../datasources/loki/logLine';
import { useLocale } from '../../../i18n/context';
import { describeError } from '../../../lib/errors';
import { useResource } from '../../../lib/useResource';
import { LogRow } from '../../logs/LogRow';
import { LogActionsProvider } from '../../logs/logActions';
import { useOpenEntries } from '../../logs/VirtualLogList';

const PAGE = 20;

export function ContextDrawer({
  uid,
  entry,
  onClose,
}: {
  uid: string;
  entry: LogEntry;
  onClose: () => void;
}) {
  const { t } = useLocale();
  const [labels, setLabels] = useState(() => contextLabels(entry));
  const chosen = useMemo(() => labels.filter((label) => label.chosen), [labels]);
  const selector = contextSelector(chosen);
  return (
    <Drawer title={t('explore.context.title')} subtitle={selector} size="lg" onClose={onClose}>
      <fieldset className={LABELS}>
        <legend className={LEGEND}>{t('explore.context.labels')}</legend>
        {labels.map(({ name, value, chosen: checked }) => (
          <Checkbox
            key={name}
            label={`${name}=${value}`}
            value={checked}
            disabled={checked && chosen.length === 1}
            onChange={() =>
              setLabels(labels.map((label) => (label.name === name ? { ...label, chosen: !checked } : label)))
            }
          />
        ))}
      </fieldset>
      <Neighbours key={selector} uid={uid} entry={entry} selector={selector} />
    </Drawer>
  );
}

function Neighbours({ uid, entry, selector }: { uid: string; entry: LogEntry; selector: string }) {
  const { t } = useLocale();
  const theme = useTheme2();
  const [open, toggle] = useOpenEntries();
  const before = useSide(uid, entry, selector, 'before');
  const after = useSide(uid, entry, selector, 'after');
  const row = (line: LogEntry) => (
    <LogRow
      key={identityOf(line)}
      entry={line}
      open={open.has(`${line.timestampNs} ${line.service} ${line.line}`)}
      onToggle={toggle}
      wrap
    />
  );
  return (
    <LogActionsProvider value={undefined}>
      <More side={before} label={t('explore.context.before')} />
      <div data-testid="context-before">{before.entries.map(row)}</div>
      <div style={{ outline: `2px solid ${theme.colors.primary.main}` }} data-testid="context-line">
        {row(entry)}
      </div>
      <div data-testid="context-after">{after.entries.map(row)}</div>
      <More side={after} label={t('explore.context.after')} />
    </LogActionsProvider>
  );
}

type SideLines = ReturnType<typeof useSide>;

function More({ side, label }: { side: SideLines; label: string }) {
  const { t } = useLocale();
  if (side.error !== undefined) {
    return <ErrorState compact message={describeError(side.error, 'logs', t)} onRetry={side.reload} />;
  }
  if (side.loading && side.entries.length === 0) {
    return <LoadingState compact />;
  }
  return (
    <div className={MORE}>
      <Button size="sm" variant="secondary" disabled={side.loading || side.done} onClick={side.more}>
        {side.done ? t('explore.context.noMore') : label}
      </Button>
    </div>
  );
}

function useSide(uid: string, entry: LogEntry, selector: string, side: Side) {
  const [pages, setPages] = useState(1);
  const loaded = useRef<LogEntry[]>([]);
  const found = useResource(side, `${side} ${pages}`, async (signal) => {
    const known = loaded.current;
    const edge = (side === 'before' ? known[0] : known.at(-1)) ?? entry;
    const lines = await contextLines(
      { uid, selector, side, edge, known: new Set([entry, ...known].map(identityOf)), limit: PAGE },
      signal,
    );
    loaded.current = side === 'before' ? [...lines, ...known] : [...known, ...lines];
    return { entries: loaded.current, done: lines.length === 0 };
  });
  return {
    entries: found.data?.entries ?? [],
    done: found.data?.done ?? false,
    loading: found.loading,
    error: found.error,
    reload: found.reload,
    more: () => setPages((count) => count + 1),
  };
}

const LABELS = css({
  display: 'flex',
  flexWrap: 'wrap',
  gap: '4px 16px',
  border: 'none',
  padding: 0,
  marginBottom: 8,
});
const LEGEND = css({ fontSize: 12, margin: 0, border: 'none' });
const MORE = css({ display: 'flex', justifyContent: 'center', padding: 8 });
