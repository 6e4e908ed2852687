// Every component of the stack and how it is.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import { type ComponentStatus, inReadingOrder, type StackComponent } from '../../api/stack';
import { NavButton } from '../../components/NavButton';
import { EVERYTHING, printQuery, selectValues } from '../../datasources/loki/logql';
import { useLocale } from '../../i18n/context';
import { logsPath } from '../../lib/paths';

export function ComponentCards({ components }: { components: readonly StackComponent[] }) {
  const styles = useStyles2(getStyles);
  return (
    <ul className={styles.grid}>
      {inReadingOrder(components).map((component) => (
        <ComponentCard key={component.name} component={component} />
      ))}
    </ul>
  );
}

function ComponentCard({ component }: { component: StackComponent }) {
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  const { name, url, status, message, latency_ms: latency, version, uptime_s: uptime } = component;
  const address = url.replace(/^https?:\/\//, '').replace(/\/$/, '');
  const facts = [
    uptime !== null && `${t('home.uptime')} ${format.uptime(uptime)}`,
    latency !== null &&
      latency > 0 &&
      status !== 'down' &&
      `${t('home.latency')} ${format.durationMs(latency)}`,
  ].filter(Boolean);
  return (
    <li className={styles.card} data-testid="component" data-name={name} data-status={status}>
      <StatusMark status={status} />
      <div className={styles.body}>
        <div className={styles.head}>
          <span className={styles.name}>{name}</span>
          <StatusText status={status} />
        </div>
        <div className={styles.role}>{t.optional(`role.${name}`) ?? component.role}</div>
        {status !== 'up' && message && <div className={styles.message}>{message}</div>}
        <div className={styles.facts}>{facts.join(' · ')}</div>
        <div className={styles.links}>
          <a
            className={styles.address}
            href={url}
            target="_blank"
            rel="noreferrer"
            aria-label={t('home.open', { name, address })}
          >
            {address} <Icon name="external-link-alt" size="xs" />
          </a>
          {version && <span className={styles.version}>v{version}</span>}
          <span className={styles.logs}>
            <NavButton
              small
              variant="bare"
              icon="gf-logs"
              label={t('home.logsOf', { name })}
              to={logsPath({ query: printQuery(selectValues(EVERYTHING, 'service_name', [name])) })}
            />
          </span>
        </div>
      </div>
    </li>
  );
}

function statusColor(theme: GrafanaTheme2, status: ComponentStatus): string {
  const colors = {
    up: theme.colors.success.text,
    degraded: theme.colors.warning.text,
    down: theme.colors.error.text,
  };
  return colors[status];
}

function StatusMark({ status }: { status: ComponentStatus }) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  return (
    <span className={styles.mark} style={{ background: statusColor(theme, status) }} aria-hidden="true" />
  );
}

function StatusText({ status }: { status: ComponentStatus }) {
  const { t } = useLocale();
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  return (
    <span className={styles.status} style={{ color: statusColor(theme, status) }}>
      {t(`home.status.${status}`)}
    </span>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  grid: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(4, minmax(0, 1fr))',
    [theme.breakpoints.down('lg')]: { gridTemplateColumns: 'repeat(2, minmax(0, 1fr))' },
    [theme.breakpoints.down('sm')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
    gap: theme.spacing(1),
    margin: 0,
    padding: 0,
    listStyle: 'none',
  }),
  card: css({
    display: 'flex',
    gap: theme.spacing(1.25),
    padding: theme.spacing(1, 1.25),
    background: theme.colors.background.secondary,
    borderRadius: theme.shape.radius.default,
    minWidth: 0,
  }),
  mark: css({ width: 4, borderRadius: 2, flexShrink: 0 }),
  body: css({ flex: 1, minWidth: 0 }),
  head: css({
    display: 'flex',
    alignItems: 'baseline',
    justifyContent: 'space-between',
    gap: theme.spacing(1),
  }),
  name: css({
    fontWeight: theme.typography.fontWeightMedium,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  }),
  status: css({
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
    whiteSpace: 'nowrap',
  }),
  role: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  message: css({
    color: theme.colors.warning.text,
    fontSize: theme.typography.bodySmall.fontSize,
    overflowWrap: 'anywhere',
  }),
  facts: css({
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    fontVariantNumeric: 'tabular-nums',
  }),
  links: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    minHeight: 24,
  }),
  logs: css({ marginLeft: 'auto' }),
  version: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  address: css({
    color: theme.colors.text.link,
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: theme.typography.bodySmall.fontSize,
    '&:hover': { textDecoration: 'underline' },
  }),
});
