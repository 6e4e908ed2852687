// What a page shows instead of data: nothing found, an error, or still loading. Always with a way on.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Icon, type IconName, Spinner, useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import { useLocale } from '../i18n/context';

export interface StateMessageProps {
  title: string;
  hint?: string;
  tone?: 'neutral' | 'error';
  icon?: IconName;
  action?: ReactNode;
  compact?: boolean;
}

export function StateMessage({ title, hint, tone = 'neutral', icon, action, compact }: StateMessageProps) {
  const styles = useStyles2(getStyles);
  const failed = tone === 'error';
  return (
    <div className={compact ? styles.compact : styles.full} role={failed ? 'alert' : 'status'}>
      <Icon
        name={icon ?? (failed ? 'exclamation-triangle' : 'search')}
        size="xxl"
        className={failed ? styles.errorIcon : styles.icon}
      />
      <div className={styles.title}>{title}</div>
      {hint && <div className={styles.hint}>{hint}</div>}
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}

export function ErrorState({
  message,
  onRetry,
  compact,
}: {
  message: string;
  onRetry?: () => void;
  compact?: boolean;
}) {
  const { t } = useLocale();
  return (
    <StateMessage
      tone="error"
      title={message}
      compact={compact}
      action={
        onRetry && (
          <Button variant="secondary" icon="sync" onClick={onRetry}>
            {t('common.retry')}
          </Button>
        )
      }
    />
  );
}

export function LoadingState({ compact }: { compact?: boolean }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  return (
    <div className={compact ? styles.compact : styles.full} role="status" aria-live="polite">
      <Spinner size="xl" />
      <div className={styles.hint}>{t('common.loading')}</div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const base = {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'center',
    gap: theme.spacing(1),
    textAlign: 'center',
    color: theme.colors.text.primary,
  } as const;
  return {
    full: css({ ...base, minHeight: 280, padding: theme.spacing(6, 2) }),
    compact: css({ ...base, height: '100%', minHeight: 140, padding: theme.spacing(2) }),
    icon: css({ color: theme.colors.text.disabled }),
    errorIcon: css({ color: theme.colors.error.text }),
    title: css({ fontWeight: theme.typography.fontWeightMedium, maxWidth: 560, overflowWrap: 'anywhere' }),
    hint: css({ color: theme.colors.text.secondary, maxWidth: 560 }),
    action: css({ marginTop: theme.spacing(1) }),
  };
};
