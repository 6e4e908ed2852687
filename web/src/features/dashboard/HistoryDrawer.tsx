// Saved versions: who saved what when, what changed, and the way back.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Badge, Button, Checkbox, Drawer, Stack, useStyles2 } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { type DashboardVersion, listVersions, loadVersion, restoreVersion } from '../../api/dashboards';
import { ErrorState, LoadingState } from '../../components/StateMessage';
import { diffJson } from '../../dashboard/diff';
import type { Dashboard } from '../../dashboard/model';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { useResource } from '../../lib/useResource';

export interface HistoryDrawerProps {
  uid: string;
  onClose: () => void;
  onRestored: () => void;
}

export function HistoryDrawer({ uid, onClose, onRestored }: HistoryDrawerProps) {
  const { t } = useLocale();
  const found = useResource(uid, uid, (signal) => listVersions(uid, signal));
  const [chosen, setChosen] = useState<number[]>([]);
  const [error, setError] = useState<unknown>();
  const toggle = (version: number) =>
    setChosen((before) =>
      before.includes(version) ? before.filter((one) => one !== version) : [...before.slice(-1), version],
    );
  const restore = async (version: number) => {
    try {
      await restoreVersion(uid, version);
      onClose();
      onRestored();
    } catch (failure) {
      setError(failure);
    }
  };
  const [older, newer] = [...chosen].sort((left, right) => left - right);
  return (
    <Drawer title={t('history.title')} subtitle={t('history.hint')} size="md" onClose={onClose}>
      {error !== undefined && <Alert severity="error" title={describeError(error, 'dashboard', t)} />}
      {found.error !== undefined ? (
        <ErrorState message={describeError(found.error, 'dashboard', t)} onRetry={found.reload} />
      ) : !found.data ? (
        <LoadingState compact />
      ) : (
        <>
          <VersionTable
            versions={found.data}
            chosen={chosen}
            onToggle={toggle}
            onRestore={(version) => void restore(version)}
          />
          {older !== undefined && newer !== undefined && <Comparison uid={uid} older={older} newer={newer} />}
        </>
      )}
    </Drawer>
  );
}

interface VersionTableProps {
  versions: DashboardVersion[];
  chosen: number[];
  onToggle: (version: number) => void;
  onRestore: (version: number) => void;
}

function VersionTable({ versions, chosen, onToggle, onRestore }: VersionTableProps) {
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  return (
    <ol className={styles.list}>
      {versions.map((version, index) => (
        <li key={version.version} className={styles.item} data-testid="version-row">
          <Checkbox
            aria-label={t('history.compareVersion', { version: version.version })}
            value={chosen.includes(version.version)}
            onChange={() => onToggle(version.version)}
          />
          <div className={styles.what}>
            <div>
              {t('history.version', { version: version.version })}{' '}
              {index === 0 && <Badge color="blue" text={t('history.latest')} />}
            </div>
            <div className={styles.detail}>
              {format.dateTime(new Date(version.created).getTime())} · {version.createdBy}
            </div>
            {version.message && <div>{version.message}</div>}
          </div>
          {index > 0 && (
            <Button size="sm" variant="secondary" icon="history" onClick={() => onRestore(version.version)}>
              {t('history.restore')}
            </Button>
          )}
        </li>
      ))}
    </ol>
  );
}

function Comparison({ uid, older, newer }: { uid: string; older: number; newer: number }) {
  const { t } = useLocale();
  const key = `${uid} ${older} ${newer}`;
  const found = useResource(key, key, (signal) =>
    Promise.all([loadVersion(uid, older, signal), loadVersion(uid, newer, signal)]),
  );
  return (
    <section>
      <h3>{t('history.comparison', { older, newer })}</h3>
      {found.error !== undefined ? (
        <ErrorState compact message={describeError(found.error, 'dashboard', t)} onRetry={found.reload} />
      ) : found.data ? (
        <Difference before={found.data[0]} after={found.data[1]} />
      ) : (
        <LoadingState compact />
      )}
    </section>
  );
}

function Difference({ before, after }: { before: Dashboard; after: Dashboard }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const lines = useMemo(() => diffJson(before, after), [before, after]);
  return lines.every((line) => line.kind === 'same' || line.kind === 'gap') ? (
    <Stack>{t('history.same')}</Stack>
  ) : (
    <pre className={styles.diff}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines may repeat
        <div key={index} className={styles[line.kind]}>
          {line.kind === 'added' ? '+ ' : line.kind === 'removed' ? '- ' : '  '}
          {line.text}
        </div>
      ))}
    </pre>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ margin: 0, padding: 0, listStyle: 'none' }),
  item: css({
    display: 'flex',
    alignItems: 'flex-start',
    gap: theme.spacing(1.5),
    padding: theme.spacing(1, 0),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
  }),
  what: css({ flex: 1, minWidth: 0 }),
  detail: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  diff: css({ marginTop: theme.spacing(1), fontSize: theme.typography.bodySmall.fontSize, overflow: 'auto' }),
  same: css({ color: theme.colors.text.secondary }),
  gap: css({ color: theme.colors.text.disabled }),
  added: css({ background: theme.colors.success.transparent, color: theme.colors.success.text }),
  removed: css({ background: theme.colors.error.transparent, color: theme.colors.error.text }),
});
