// What stands behind a panel: its data as a table, the request and its figures, its JSON.
import { css } from '@emotion/css';
import {
  formattedValueToString,
  type GrafanaTheme2,
  getDisplayProcessor,
  type PanelData,
} from '@grafana/data';
import { SceneDataTransformer, type VizPanel } from '@grafana/scenes';
import { Button, Drawer, Select, Stack, Tab, TabsBar, useStyles2, useTheme2 } from '@grafana/ui';
import { useState } from 'react';
import { StateMessage } from '../../components/StateMessage';
import { download, fileName, toCsv } from '../../dashboard/csv';
import { allPanels, type Dashboard } from '../../dashboard/model';
import type { InspectTab } from '../../dashboard/toVizPanel';
import { useLocale } from '../../i18n/context';
import { JsonArea } from './JsonArea';

export interface InspectDrawerProps {
  panel: VizPanel;
  tab: InspectTab;
  dashboard: Dashboard;
  onClose: () => void;
}

export function InspectDrawer({ panel, tab: first, dashboard, onClose }: InspectDrawerProps) {
  const { t } = useLocale();
  const [tab, setTab] = useState(first);
  const title = panel.interpolate(panel.state.title) || t('dashboard.panelInspect');
  const data = panel.state.$data?.state.data;
  const id = Number(/^panel-(\d+)/.exec(panel.state.key ?? '')?.[1]);
  const json = allPanels(dashboard).find((candidate) => candidate.id === id);
  return (
    <Drawer
      title={t('inspect.title', { title })}
      size="md"
      onClose={onClose}
      tabs={
        <TabsBar>
          {(['data', 'query', 'json'] as const).map((name) => (
            <Tab
              key={name}
              label={t(`inspect.${name}`)}
              active={tab === name}
              onChangeTab={() => setTab(name)}
            />
          ))}
        </TabsBar>
      }
    >
      {tab === 'json' ? (
        <JsonArea label={t('inspect.json')} rows={30} value={JSON.stringify(json ?? {}, undefined, 2)} />
      ) : data ? (
        tab === 'data' ? (
          <DataTab data={data} title={title} />
        ) : (
          <QueryTab data={data} panel={panel} />
        )
      ) : (
        <StateMessage title={t('panel.noData')} hint={t('inspect.noQuery')} />
      )}
    </Drawer>
  );
}

const MOST_ROWS = 200;

function DataTab({ data, title }: { data: PanelData; title: string }) {
  const { t } = useLocale();
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const [at, setAt] = useState(0);
  const frame = data.series[at];
  if (!frame) {
    return <StateMessage title={t('panel.noData')} />;
  }
  const shown = frame.fields.map((field) => {
    const display = field.display ?? getDisplayProcessor({ field, theme });
    return field.values
      .slice(0, MOST_ROWS)
      .map((value: unknown) =>
        value !== null && typeof value === 'object'
          ? JSON.stringify(value)
          : formattedValueToString(display(value)),
      );
  });
  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={1} wrap="wrap">
        <Select
          aria-label={t('panel.tableFrame')}
          options={data.series.map((one, index) => ({
            value: index,
            label: `${one.refId ?? ''} ${one.name ?? one.fields[1]?.config.displayNameFromDS ?? one.fields[1]?.name ?? ''} (${one.length})`,
          }))}
          value={at}
          onChange={(choice) => setAt(choice.value ?? 0)}
        />
        <Button
          variant="secondary"
          icon="download-alt"
          onClick={() => download(fileName(title, 'csv'), toCsv(data.series), 'text/csv;charset=utf-8')}
        >
          {t('dashboard.panelCsv')}
        </Button>
      </Stack>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              {frame.fields.map((field) => (
                <th key={field.name}>{field.config.displayName ?? field.name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: Math.min(frame.length, MOST_ROWS) }, (_, row) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name
              <tr key={row}>
                {shown.map((column, index) => (
                  <td key={frame.fields[index]?.name}>{column[row]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {frame.length > MOST_ROWS && (
        <span>{t('inspect.more', { count: MOST_ROWS, total: frame.length })}</span>
      )}
    </Stack>
  );
}

function QueryTab({ data, panel }: { data: PanelData; panel: VizPanel }) {
  const { t } = useLocale();
  const provider = panel.state.$data;
  const runner = provider instanceof SceneDataTransformer ? provider.state.$data : provider;
  const executed = data.series
    .map((frame) => frame.meta?.executedQueryString)
    .filter((text, index, all) => text && all.indexOf(text) === index);
  const stats = data.series.flatMap((frame) => frame.meta?.stats ?? []);
  const summary = {
    state: data.state,
    errors: data.errors,
    range: { from: data.timeRange.from.toISOString(), to: data.timeRange.to.toISOString() },
    interval: data.request?.interval,
    maxDataPoints: data.request?.maxDataPoints,
    frames: data.series.length,
    rows: data.series.reduce((sum, frame) => sum + frame.length, 0),
    executed,
    stats: stats.slice(0, 20).map((stat) => ({ [stat.displayName ?? '']: stat.value })),
    queries: (runner?.state as { queries?: unknown } | undefined)?.queries,
  };
  return <JsonArea label={t('inspect.query')} rows={30} value={JSON.stringify(summary, undefined, 2)} />;
}

const getStyles = (theme: GrafanaTheme2) => ({
  scroll: css({ overflow: 'auto', maxHeight: '60vh' }),
  table: css({
    width: '100%',
    fontSize: theme.typography.bodySmall.fontSize,
    'th, td': {
      padding: theme.spacing(0.5, 1),
      textAlign: 'left',
      whiteSpace: 'nowrap',
      borderBottom: `1px solid ${theme.colors.border.weak}`,
    },
  }),
});
