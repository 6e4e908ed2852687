// The shop in six figures.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import { Sparkline } from '../../components/Sparkline';
import { useLocale } from '../../i18n/context';
import type { Activity } from './activity';
import { isFailure, ratesOf, type ShopSummary, totalOf } from './summary';

const ERROR_RATIO_WARN = 0.01;
const ERROR_RATIO_BAD = 0.05;
const PAYMENT_RATIO_WARN = 0.9;

export function StatTiles({
  summary,
  activity,
}: {
  summary: ShopSummary | undefined;
  activity: Activity | undefined;
}) {
  const { t, format } = useLocale();
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const none = t('home.stat.none');
  const color = theme.visualization.getColorByName;
  const course = (wanted: (kind: string, failed: boolean) => boolean) =>
    activity
      ? totalOf(
          ratesOf(activity, ['all'], (event) => (wanted(event.kind, isFailure(event)) ? 'all' : undefined)),
        )
      : [];
  const ratio = (value: number | undefined) => (value === undefined ? none : format.percent(value));
  const ms = (value: number | undefined) => (value === undefined ? none : format.durationMs(value));
  return (
    <div className={styles.tiles}>
      <Tile
        title={t('home.stat.requests')}
        value={summary ? t('home.stat.perSecond', { rate: format.rate(summary.perSecond) }) : none}
        hint={summary && t('home.stat.requestsTotal', { count: format.count(summary.requests) })}
        chart={<Sparkline values={course((kind) => kind === 'request')} color={color('blue')} />}
      />
      <Tile
        title={t('home.stat.errors')}
        value={ratio(summary?.errorRatio)}
        tone={errorTone(theme, summary?.errorRatio)}
        hint={
          summary &&
          t('home.stat.errorsTotal', {
            count: format.count(summary.serverErrors),
            total: format.count(summary.requests),
          })
        }
        chart={<Sparkline values={course((_, failed) => failed)} color={color('red')} />}
      />
      <Tile
        title={t('home.stat.latency')}
        value={ms(summary?.p95Ms)}
        hint={summary && t('home.stat.latencyMedian', { value: ms(summary.medianMs) })}
      />
      <Tile
        title={t('home.stat.orders')}
        value={summary ? format.count(summary.ordersCreated) : none}
        hint={summary && t('home.stat.ordersHint', { count: format.count(summary.ordersPaid) })}
        chart={<Sparkline values={course((kind) => kind === 'order.created')} color={color('orange')} />}
      />
      <Tile
        title={t('home.stat.payments')}
        value={ratio(summary?.paymentRatio)}
        tone={
          summary?.paymentRatio !== undefined && summary.paymentRatio < PAYMENT_RATIO_WARN
            ? theme.colors.warning.text
            : undefined
        }
        hint={
          summary &&
          t('home.stat.paymentsHint', {
            declined: format.count(summary.paymentsDeclined),
            total: format.count(summary.paymentsTried),
          })
        }
      />
      <Tile
        title={t('home.stat.revenue')}
        value={summary ? format.money(summary.revenue, summary.currency) : none}
        hint={t('home.stat.revenueHint')}
        chart={<Sparkline values={course((kind) => kind === 'order.paid')} color={color('green')} />}
      />
    </div>
  );
}

function errorTone(theme: GrafanaTheme2, ratio: number | undefined): string | undefined {
  if (ratio === undefined) {
    return undefined;
  }
  if (ratio > ERROR_RATIO_BAD) {
    return theme.colors.error.text;
  }
  return ratio > ERROR_RATIO_WARN ? theme.colors.warning.text : theme.colors.success.text;
}

interface TileProps {
  title: string;
  value: string;
  tone?: string;
  hint: string | undefined;
  chart?: ReactNode;
}

function Tile({ title, value, tone, hint, chart }: TileProps) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.tile} data-testid="stat">
      <div className={styles.title}>{title}</div>
      <div className={styles.value} style={{ color: tone }}>
        {value}
      </div>
      <div className={styles.hint}>{hint ?? ' '}</div>
      {chart && <div className={styles.chart}>{chart}</div>}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  tiles: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(6, minmax(0, 1fr))',
    gap: theme.spacing(1.5),
    [theme.breakpoints.down('lg')]: { gridTemplateColumns: 'repeat(3, minmax(0, 1fr))' },
    [theme.breakpoints.down('sm')]: {
      gridTemplateColumns: 'repeat(2, minmax(0, 1fr))',
      gap: theme.spacing(1),
    },
  }),
  tile: css({
    position: 'relative',
    overflow: 'hidden',
    padding: theme.spacing(1.25, 1.5, 3.5, 1.5),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  title: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  value: css({
    fontSize: theme.typography.h2.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    lineHeight: 1.25,
    whiteSpace: 'nowrap',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    fontVariantNumeric: 'tabular-nums',
    [theme.breakpoints.down('sm')]: { fontSize: theme.typography.h3.fontSize },
  }),
  hint: css({
    position: 'relative',
    zIndex: 1,
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    whiteSpace: 'nowrap',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
  }),
  chart: css({ position: 'absolute', inset: 'auto 0 0 0' }),
});
