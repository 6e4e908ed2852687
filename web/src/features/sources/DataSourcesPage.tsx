// The data sources: where they are, whether they answer, and the way to ask them.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, Button, Icon, type IconName, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { requestJson } from '../../api/http';
import { NavButton } from '../../components/NavButton';
import { PageToolbar } from '../../components/PageToolbar';
import { ErrorState, LoadingState, StateMessage } from '../../components/StateMessage';
import { type ListedSource, listSources } from '../../datasources/frames/settings';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { useResource } from '../../lib/useResource';

type SourceEntry = ListedSource & { url?: string };

const ICONS: Record<string, IconName> = { loki: 'gf-logs', tempo: 'gf-traces', prometheus: 'graph-bar' };

export function DataSourcesPage() {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const found = useResource('sources', 'sources', listSources);
  const sources = found.data as SourceEntry[] | undefined;
  return (
    <>
      <PageToolbar title={t('sources.title')} />
      {found.error !== undefined ? (
        <ErrorState message={describeError(found.error, 'dashboard', t)} onRetry={found.reload} />
      ) : !sources ? (
        <LoadingState />
      ) : sources.length === 0 ? (
        <StateMessage icon="database" title={t('sources.none')} hint={t('sources.noneHint')} />
      ) : (
        <ul className={styles.list}>
          {sources.map((source) => (
            <Source key={source.uid} source={source} />
          ))}
        </ul>
      )}
    </>
  );
}

function Source({ source }: { source: SourceEntry }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const { uid, name, type, url, isDefault, readOnly } = source;
  const explored = type === 'loki' || type === 'tempo';
  const pane = encodeURIComponent(
    JSON.stringify({ lft: { datasource: uid, queries: [{ refId: 'A', datasource: { uid, type } }] } }),
  );
  return (
    <li className={styles.item} data-testid="data-source">
      <Icon name={ICONS[type] ?? 'database'} size="xl" className={styles.icon} />
      <div className={styles.what}>
        <div className={styles.name}>
          {name} {isDefault && <Badge color="blue" text={t('sources.default')} />}{' '}
          {readOnly && <Badge color="purple" icon="file-alt" text={t('sources.fromFile')} />}
        </div>
        <div className={styles.detail}>
          {type} · <code className={styles.address}>{url}</code>
        </div>
      </div>
      <div className={styles.actions}>
        <HealthButton uid={uid} name={name} />
        {explored && (
          <NavButton small variant="secondary" icon="compass" to={`/explore?schemaVersion=1&panes=${pane}`}>
            {t('nav.explore')}
          </NavButton>
        )}
      </div>
    </li>
  );
}

type Health = { state: 'asking' } | { state: 'ok' | 'failed'; message: string };

function HealthButton({ uid, name }: { uid: string; name: string }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const [health, setHealth] = useState<Health>();
  const ask = async () => {
    setHealth({ state: 'asking' });
    try {
      const path = `/api/datasources/uid/${encodeURIComponent(uid)}/health`;
      const { status, message } = await requestJson<{ status: string; message: string }>(path);
      setHealth({ state: status === 'OK' ? 'ok' : 'failed', message });
    } catch (error) {
      setHealth({ state: 'failed', message: describeError(error, 'dashboard', t) });
    }
  };
  return (
    <>
      <span role="status" className={styles.health}>
        {health?.state === 'ok' && <Badge color="green" icon="check" text={t('sources.answers')} />}
        {health?.state === 'failed' && (
          <Badge color="red" icon="exclamation-triangle" text={health.message} tooltip={health.message} />
        )}
      </span>
      <Button
        size="sm"
        variant="secondary"
        icon="heart"
        aria-label={t('sources.testNamed', { name })}
        disabled={health?.state === 'asking'}
        onClick={() => void ask()}
      >
        {t('sources.test')}
      </Button>
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    margin: 0,
    padding: 0,
    listStyle: 'none',
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  item: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: theme.spacing(1, 2),
    padding: theme.spacing(1.5),
    borderTop: `1px solid ${theme.colors.border.weak}`,
    '&:first-of-type': { borderTop: 'none' },
  }),
  icon: css({ color: theme.colors.text.secondary }),
  what: css({ flex: '1 1 220px', minWidth: 0 }),
  name: css({ fontWeight: theme.typography.fontWeightMedium }),
  detail: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  address: css({ padding: 0, border: 'none', background: 'none', overflowWrap: 'anywhere' }),
  actions: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
  health: css({ maxWidth: 320 }),
});
