// Lines as they arrive.
import { css } from '@emotion/css';
import { Badge, Button } from '@grafana/ui';
import { useCallback, useState } from 'react';
import { Card } from '../../../components/Card';
import { StateMessage } from '../../../components/StateMessage';
import type { LogEntry } from '../../../datasources/loki/logLine';
import { useLocale } from '../../../i18n/context';
import { LogActionsProvider } from '../../logs/logActions';
import { VirtualLogList } from '../../logs/VirtualLogList';
import { ContextDrawer } from './ContextDrawer';
import { type LogsResultProps, useActions, ViewOptions } from './LogsResult';
import { useLiveTail } from './useLiveTail';

const NO_REPEATS: ReadonlyMap<string, number> = new Map();
const ignore = () => undefined;
const COLORS = { connecting: 'blue', open: 'green', waiting: 'orange', failed: 'red' } as const;

export function LivePanel(props: LogsResultProps & { onStop: () => void }) {
  const { uid, expr, view, setView, onStop } = props;
  const { t, format } = useLocale();
  const tail = useLiveTail(uid, expr);
  const [contextOf, setContextOf] = useState<LogEntry | undefined>(undefined);
  const onContext = useCallback((entry: LogEntry) => setContextOf(entry), []);
  const actions = useActions(props, onContext, NO_REPEATS);
  return (
    <LogActionsProvider value={actions}>
      <Card
        title={t('explore.live.title')}
        hint={
          <span data-testid="live-figures">
            <Badge color={COLORS[tail.phase]} text={t(`explore.live.${tail.phase}`)} />{' '}
            {t.plural('logs.shown', tail.entries.length)} ·{' '}
            {t('explore.live.rate', { rate: format.rate(tail.perSecond) })}
            {tail.paused && ` · ${t('explore.live.waitingLines', { count: format.count(tail.waiting) })}`}
            {tail.dropped > 0 && ` · ${t('explore.live.dropped', { count: format.count(tail.dropped) })}`}
          </span>
        }
        actions={
          <div className={BUTTONS}>
            <Button
              size="sm"
              variant="secondary"
              icon={tail.paused ? 'play' : 'pause'}
              onClick={() => tail.setPaused(!tail.paused)}
            >
              {t(tail.paused ? 'explore.live.resume' : 'explore.live.pause')}
            </Button>
            <Button size="sm" variant="secondary" icon="trash-alt" onClick={tail.clear}>
              {t('common.clear')}
            </Button>
            <Button size="sm" variant="destructive" icon="square-shape" onClick={onStop}>
              {t('explore.live.stop')}
            </Button>
            <ViewOptions view={view} setView={setView} entries={tail.entries} />
          </div>
        }
        flush
      >
        {tail.entries.length === 0 ? (
          <StateMessage
            compact
            tone={tail.phase === 'failed' ? 'error' : 'neutral'}
            title={
              tail.phase === 'failed' ? tail.reason || t('explore.live.failedHint') : t('explore.live.none')
            }
            hint={t('explore.live.noneHint')}
          />
        ) : (
          <VirtualLogList
            entries={tail.entries}
            raw={view.raw}
            wrap={view.wrap}
            withDate={false}
            onFilter={ignore}
          />
        )}
      </Card>
      {contextOf && <ContextDrawer uid={uid} entry={contextOf} onClose={() => setContextOf(undefined)} />}
    </LogActionsProvider>
  );
}

const BUTTONS = css({ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' });
