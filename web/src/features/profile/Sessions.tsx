// Where the reader is logged in, and the way to end a session elsewhere.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, Button, useStyles2 } from '@grafana/ui';
import { endSession, listSessions, type OpenSession } from '../../api/session';
import { ErrorState, LoadingState } from '../../components/StateMessage';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { useResource } from '../../lib/useResource';

export function Sessions() {
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  const found = useResource('sessions', 'sessions', listSessions);
  if (found.error !== undefined) {
    return <ErrorState compact message={describeError(found.error, 'dashboard', t)} onRetry={found.reload} />;
  }
  if (!found.data) {
    return <LoadingState compact />;
  }
  const end = (id: number) => void endSession(id).finally(found.reload);
  return (
    <ul className={styles.list}>
      {[...found.data].sort(activeFirst).map((session) => (
        <li key={session.id} className={styles.item}>
          <div className={styles.what}>
            <div>
              {programOf(session.browser)} · {session.clientIp}
            </div>
            <div className={styles.detail}>{format.dateTime(Date.parse(session.seenAt))}</div>
          </div>
          {session.isActive ? (
            <Badge color="green" text={t('profile.thisSession')} />
          ) : (
            <Button size="sm" variant="secondary" onClick={() => end(session.id)}>
              {t('profile.endSession')}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

function activeFirst(left: OpenSession, right: OpenSession): number {
  return Number(right.isActive) - Number(left.isActive) || Date.parse(right.seenAt) - Date.parse(left.seenAt);
}

const PROGRAMS = ['Firefox', 'Edg', 'OPR', 'Chrome', 'Safari', 'curl', 'python'];
const NAMES: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', python: 'Python' };

/** The program's name out of a user agent, or its beginning. */
export function programOf(userAgent: string): string {
  const found = PROGRAMS.find((name) => userAgent.includes(name));
  return found ? (NAMES[found] ?? found) : userAgent.slice(0, 40) || '?';
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ maxHeight: 420, margin: 0, padding: 0, overflow: 'auto', listStyle: 'none' }),
  item: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1.5),
    padding: theme.spacing(1, 0),
    borderTop: `1px solid ${theme.colors.border.weak}`,
    '&:first-of-type': { borderTop: 'none' },
  }),
  what: css({ flex: 1, minWidth: 0 }),
  detail: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
});
