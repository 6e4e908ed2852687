// The newest traces.
import { css } from '@emotion/css';
import { Card } from '../../components/Card';
import { NavButton } from '../../components/NavButton';
import { ErrorState, LoadingState, StateMessage } from '../../components/StateMessage';
import { searchTraces } from '../../datasources/tempo/client';
import { useLocale } from '../../i18n/context';
import { describeError, staleNote } from '../../lib/errors';
import { tracesPath } from '../../lib/paths';
import { useResource } from '../../lib/useResource';
import type { TimeControls } from '../../lib/useTimeControls';
import { TraceTable } from '../traces/TraceTable';

const TRACES = 20;

export function RecentTraces({ time }: { time: TimeControls }) {
  const locale = useLocale();
  const { t } = locale;
  const { raw, range, tick } = time;
  const identity = `${raw.from} ${raw.to}`;
  const found = useResource(identity, `${identity} ${tick}`, (signal) =>
    searchTraces({ tags: {}, minDuration: '', maxDuration: '', limit: TRACES, ...range }, signal),
  );
  const content = () => {
    if (!found.data) {
      return found.error === undefined ? (
        <LoadingState compact />
      ) : (
        <ErrorState compact message={describeError(found.error, 'traces', t)} onRetry={found.reload} />
      );
    }
    return found.data.length > 0 ? (
      <TraceTable traces={found.data} brief />
    ) : (
      <StateMessage compact title={t('traces.emptyRecent')} hint={t('traces.emptyRecentHint')} />
    );
  };
  return (
    <Card
      title={t('home.traces')}
      warning={staleNote(found, 'traces', locale)}
      loading={found.loading}
      flush
      actions={
        <NavButton to={tracesPath({ range: raw })} small variant="secondary" icon="gf-traces">
          {t('home.tracesOpen')}
        </NavButton>
      }
    >
      <div className={LIST} data-testid="recent-traces">
        {content()}
      </div>
    </Card>
  );
}

const LIST = css({ maxHeight: 530, minHeight: 200, overflowY: 'auto' });
