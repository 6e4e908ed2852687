// Numbers over time: a chart, and a table of what each series amounts to.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { useMemo } from 'react';
import { Card } from '../../components/Card';
import { toLevel } from '../../datasources/loki/logLine';
import { align, figuresOf, type LabelledSeries, seriesName } from '../../datasources/series';
import { useLocale } from '../../i18n/context';
import { levelColor, serviceColor } from '../../lib/colors';
import type { TimeControls } from '../../lib/useTimeControls';
import { TimeSeriesChart } from '../../panels/TimeSeriesChart';

const MOST_LINES = 30;
const MOST_ROWS = 500;

export interface SeriesResultProps {
  series: readonly LabelledSeries[];
  fallback: string;
  time: TimeControls;
  loading: boolean;
  chart: boolean;
}

export function SeriesResult({ series, fallback, time, loading, chart }: SeriesResultProps) {
  const { t, format } = useLocale();
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const drawn = useMemo(() => {
    const some = series.slice(0, MOST_LINES);
    const { times, values } = align(some);
    return {
      times,
      series: some.map(({ labels }, index) => ({
        name: seriesName(labels, fallback),
        color: labels.level
          ? levelColor(theme, toLevel(labels.level))
          : labels.service_name || labels['resource.service.name']
            ? serviceColor(theme, labels.service_name ?? labels['resource.service.name'] ?? '')
            : theme.visualization.getColorByName(
                theme.visualization.palette[index % theme.visualization.palette.length] ?? 'green',
              ),
        values: values[index] ?? [],
      })),
    };
  }, [series, fallback, theme]);
  const number = (value: number) => format.rate(value);
  return (
    <>
      {chart && (
        <Card
          title={t('explore.series.chart')}
          hint={
            series.length > MOST_LINES
              ? t('explore.series.some', { shown: MOST_LINES, total: series.length })
              : undefined
          }
          loading={loading}
        >
          <TimeSeriesChart
            {...drawn}
            range={time.range}
            unit="short"
            height={300}
            look="lines"
            onZoom={({ from, to }) =>
              time.setRange({ from: String(Math.round(from)), to: String(Math.round(to)) })
            }
          />
        </Card>
      )}
      <Card title={t('explore.series.table')} hint={t.plural('explore.series.count', series.length)} flush>
        <div className={styles.scroll}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">{t('explore.series.name')}</th>
                {(['last', 'least', 'most', 'mean'] as const).map((name) => (
                  <th key={name} scope="col">
                    {t(`explore.series.${name}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {series.slice(0, MOST_ROWS).map((one) => {
                const figures = figuresOf(one);
                return (
                  <tr key={JSON.stringify(one.labels)} data-testid="series-row">
                    <td>{seriesName(one.labels, fallback)}</td>
                    {(['last', 'least', 'most', 'mean'] as const).map((name) => (
                      <td key={name}>{figures ? number(figures[name]) : '–'}</td>
                    ))}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      </Card>
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  scroll: css({ overflow: 'auto', maxHeight: 400 }),
  table: css({
    width: '100%',
    'th, td': { padding: theme.spacing(0.5, 1.5), textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
    'th:first-of-type, td:first-of-type': { textAlign: 'left', overflowWrap: 'anywhere' },
    th: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightMedium },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
  }),
});
