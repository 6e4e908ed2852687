// The state of the shop at a glance, and the newest logs and traces.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { useMemo } from 'react';
import { type StackHealth, stackHealth } from '../../api/stack';
import { Card } from '../../components/Card';
import { NavButton } from '../../components/NavButton';
import { PageToolbar } from '../../components/PageToolbar';
import { ErrorState, LoadingState, StateMessage } from '../../components/StateMessage';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { type Resource, useResource } from '../../lib/useResource';
import { type TimeControls, useTimeControls } from '../../lib/useTimeControls';
import { type Activity, ActivityReader, mergeActivities, SHOP_SERVICES } from './activity';
import { ComponentCards } from './ComponentCards';
import { RecentLogs } from './RecentLogs';
import { RecentTraces } from './RecentTraces';
import { StatTiles } from './StatTiles';
import { summarize } from './summary';
import { TrafficCharts } from './TrafficCharts';
import { VerdictBanner } from './VerdictBanner';
import { judge } from './verdict';

const REFRESH = '10s';

export function HomePage() {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const time = useTimeControls(REFRESH);
  const health = useResource('components', `components ${time.tick}`, stackHealth);
  const activity = useActivity(time);
  const summary = useMemo(() => activity.data && summarize(activity.data), [activity.data]);
  // A stack that cannot be asked must not look as well as it did a minute ago.
  const current = health.error === undefined ? health.data : undefined;
  return (
    <>
      <PageToolbar
        title={t('home.title')}
        actions={
          <NavButton to="/d/ecommerce-overview" icon="apps" variant="secondary">
            {t('home.dashboard')}
          </NavButton>
        }
        time={time}
        loading={health.loading || activity.loading}
      />
      <div className={styles.page}>
        <VerdictBanner
          verdict={judge(current, summary, activity.error !== undefined)}
          loading={health.loading}
          problem={health.error === undefined ? undefined : describeError(health.error, 'dashboard', t)}
          checkedAt={current?.checked_at}
        />
        <StatTiles summary={summary} activity={activity.data} />
        <Components health={health} />
        <TrafficCharts activity={activity} time={time} />
        <div className={styles.recent}>
          <RecentLogs time={time} />
          <RecentTraces time={time} />
        </div>
      </div>
    </>
  );
}

function useActivity(time: TimeControls): Resource<Activity> {
  const { raw, range, tick } = time;
  const identity = `${raw.from} ${raw.to}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another range starts from nothing
  const readers = useMemo(() => SHOP_SERVICES.map((service) => new ActivityReader(service)), [identity]);
  return useResource(identity, `${identity} ${tick}`, async (signal) =>
    mergeActivities(await Promise.all(readers.map((reader) => reader.read(range, signal)))),
  );
}

function Components({ health }: { health: Resource<StackHealth> }) {
  const { t } = useLocale();
  const components = health.data?.components;
  const content = () => {
    if (!components) {
      return health.error === undefined ? (
        <LoadingState compact />
      ) : (
        <ErrorState compact message={describeError(health.error, 'dashboard', t)} onRetry={health.reload} />
      );
    }
    return components.length > 0 ? (
      <ComponentCards components={components} />
    ) : (
      <StateMessage compact title={t('home.componentsEmpty')} hint={t('home.componentsEmptyHint')} />
    );
  };
  const up = components?.filter((component) => component.status === 'up').length ?? 0;
  return (
    <Card
      title={t('home.components')}
      hint={components && t('home.componentsUp', { up, total: components.length })}
    >
      {content()}
    </Card>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1.5) }),
  recent: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 3fr) minmax(0, 2fr)',
    gap: theme.spacing(1.5),
    alignItems: 'start',
    [theme.breakpoints.down('xl')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
});
