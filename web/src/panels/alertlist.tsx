// Alerts that fire or wait to fire.
import { css } from '@emotion/css';
import { type GrafanaTheme2, PanelPlugin, type PanelProps } from '@grafana/data';
import { Badge, type BadgeColor, useStyles2 } from '@grafana/ui';
import { type AlertRule, type AlertState, listAlertRules } from '../api/alerts';
import { ErrorState, LoadingState } from '../components/StateMessage';
import { useLocale } from '../i18n/context';
import { describeError } from '../lib/errors';
import { useResource } from '../lib/useResource';
import { NoData } from './shared/NoData';

interface AlertListOptions {
  maxItems: number;
  alertName?: string;
  sortOrder?: number;
  stateFilter?: { firing?: boolean; pending?: boolean; normal?: boolean; recovering?: boolean };
}

const COLORS: Record<AlertState, BadgeColor> = {
  firing: 'red',
  pending: 'orange',
  recovering: 'blue',
  inactive: 'green',
};
const RANK: AlertState[] = ['firing', 'pending', 'recovering', 'inactive'];

export function shownRules(rules: readonly AlertRule[], options: Partial<AlertListOptions>): AlertRule[] {
  const filter = options.stateFilter ?? { firing: true, pending: true };
  const name = options.alertName?.toLowerCase();
  return rules
    .filter((rule) => (rule.state === 'inactive' ? filter.normal : filter[rule.state]))
    .filter((rule) => !name || rule.name.toLowerCase().includes(name))
    .sort(
      (left, right) =>
        RANK.indexOf(left.state) - RANK.indexOf(right.state) || left.name.localeCompare(right.name),
    )
    .slice(0, options.maxItems ?? 20);
}

function AlertListPanel({ options, timeRange, renderCounter }: PanelProps<AlertListOptions>) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const found = useResource('alerts', `${timeRange.to.valueOf()} ${renderCounter}`, listAlertRules);
  if (found.error !== undefined && !found.data) {
    return <ErrorState compact message={describeError(found.error, 'dashboard', t)} onRetry={found.reload} />;
  }
  if (!found.data) {
    return <LoadingState compact />;
  }
  const rules = shownRules(found.data, options);
  if (rules.length === 0) {
    return (
      <NoData
        text={t(found.data.length === 0 ? 'panel.noRules' : 'panel.noAlerts')}
        hint={t(found.data.length === 0 ? 'panel.noRulesHint' : 'panel.noAlertsHint')}
      />
    );
  }
  return (
    <ul className={styles.list}>
      {rules.map((rule) => (
        <li key={`${rule.folder} ${rule.group} ${rule.name}`} className={styles.item}>
          <Badge color={COLORS[rule.state]} text={t(`panel.alert.${rule.state}`)} />
          <span className={styles.name}>{rule.name}</span>
          <span className={styles.summary}>{rule.annotations?.summary ?? ''}</span>
        </li>
      ))}
    </ul>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ height: '100%', margin: 0, padding: 0, listStyle: 'none', overflow: 'auto' }),
  item: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(0.5, 1),
    padding: theme.spacing(0.75, 0),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
  }),
  name: css({ fontWeight: theme.typography.fontWeightMedium }),
  summary: css({ color: theme.colors.text.secondary }),
});

export const plugin = new PanelPlugin<AlertListOptions>(AlertListPanel).setPanelOptions((builder) => {
  builder
    .addNumberInput({ path: 'maxItems', name: 'Max items', category: ['Options'], defaultValue: 20 })
    .addTextInput({ path: 'alertName', name: 'Alert name', category: ['Filter'] });
  for (const state of ['firing', 'pending', 'recovering', 'normal'] as const) {
    builder.addBooleanSwitch({
      path: `stateFilter.${state}` as never,
      name: state,
      category: ['Alert state filter'],
      defaultValue: (state === 'firing' || state === 'pending') as never,
    });
  }
});
