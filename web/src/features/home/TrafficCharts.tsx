// Requests and failures of each service of the shop over time.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { Card } from '../../components/Card';
import { ErrorState, LoadingState, StateMessage } from '../../components/StateMessage';
import { useLocale } from '../../i18n/context';
import { serviceColor } from '../../lib/colors';
import { describeError, staleNote } from '../../lib/errors';
import type { Resource } from '../../lib/useResource';
import type { TimeControls } from '../../lib/useTimeControls';
import { TimeSeriesChart } from '../../panels/TimeSeriesChart';
import { type Activity, type ActivityEvent, SHOP_SERVICES } from './activity';
import { isFailure, ratesOf } from './summary';

const HEIGHT = 220;

export interface TrafficChartsProps {
  activity: Resource<Activity>;
  time: TimeControls;
}

export function TrafficCharts({ activity, time }: TrafficChartsProps) {
  const locale = useLocale();
  const { t, format } = locale;
  const styles = useStyles2(getStyles);
  const { data } = activity;
  const warning = staleNote(activity, 'logs', locale);
  const partial = data && data.completeFromMs > time.range.fromMs + 1000;
  const note = partial
    ? t('home.chart.partial', { time: format.clock(data.completeFromMs) })
    : t('home.chart.requestsHint');
  const hasRequests = data?.events.some((event) => event.kind === 'request');
  const hasFailures = data?.events.some(isFailure);
  return (
    <div className={styles.charts}>
      <Card title={t('home.chart.requests')} hint={note} warning={warning} loading={activity.loading}>
        <ChartBody
          activity={activity}
          time={time}
          wanted={isRequest}
          empty={!hasRequests && <NoRequests />}
        />
      </Card>
      <Card
        title={t('home.chart.errors')}
        warning={warning}
        hint={t('home.chart.errorsHint')}
        loading={activity.loading}
      >
        <ChartBody
          activity={activity}
          time={time}
          wanted={isFailure}
          empty={hasRequests ? !hasFailures && <NoFailures /> : <NoRequests />}
        />
      </Card>
    </div>
  );
}

const isRequest = (event: ActivityEvent) => event.kind === 'request';

function NoRequests() {
  const { t } = useLocale();
  return <StateMessage compact title={t('home.chart.empty')} hint={t('home.chart.emptyHint')} />;
}

function NoFailures() {
  const { t } = useLocale();
  return (
    <StateMessage
      compact
      icon="check-circle"
      title={t('home.chart.noErrors')}
      hint={t('home.chart.noErrorsHint')}
    />
  );
}

interface ChartBodyProps extends TrafficChartsProps {
  wanted: (event: ActivityEvent) => boolean;
  empty: React.ReactNode;
}

function ChartBody({ activity, time, wanted, empty }: ChartBodyProps) {
  const { t } = useLocale();
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const { data, error } = activity;
  const chart = useMemo(() => {
    if (!data) {
      return undefined;
    }
    const rates = ratesOf(data, SHOP_SERVICES, (event) => (wanted(event) ? event.service : undefined));
    const series = SHOP_SERVICES.map((name) => ({
      name,
      color: serviceColor(theme, name),
      values: rates.byName.get(name) ?? [],
    }));
    return { times: rates.times, series };
  }, [data, wanted, theme]);
  const content = () => {
    if (!chart) {
      return error === undefined ? (
        <LoadingState compact />
      ) : (
        <ErrorState compact message={describeError(error, 'logs', t)} onRetry={activity.reload} />
      );
    }
    return (
      empty || (
        <TimeSeriesChart
          times={chart.times}
          series={chart.series}
          range={time.range}
          unit="reqps"
          look={wanted === isFailure ? 'bars' : 'lines'}
          height={HEIGHT}
          onZoom={({ from, to }) =>
            time.setRange({ from: String(Math.floor(from)), to: String(Math.ceil(to)) })
          }
        />
      )
    );
  };
  return <div className={styles.body}>{content()}</div>;
}

const getStyles = (theme: GrafanaTheme2) => ({
  charts: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
    gap: theme.spacing(1.5),
    [theme.breakpoints.down('md')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
  body: css({ minHeight: HEIGHT, display: 'flex', flexDirection: 'column', justifyContent: 'center' }),
});
