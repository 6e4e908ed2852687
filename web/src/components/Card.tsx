// The framed section that pages are made of: a heading, room for controls, and content.
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { LoadingBar, useStyles2 } from '@grafana/ui';
import { type ReactNode, useId } from 'react';

export interface CardProps {
  title: string;
  hint?: ReactNode;
  /** Takes the place of the hint when what is shown cannot be trusted fully. */
  warning?: string;
  actions?: ReactNode;
  loading?: boolean;
  flush?: boolean;
  className?: string;
  children: ReactNode;
}

export function Card({ title, hint, warning, actions, loading, flush, className, children }: CardProps) {
  const styles = useStyles2(getStyles);
  const id = useId();
  return (
    <section className={cx(styles.card, className)} aria-labelledby={id} aria-busy={loading}>
      <div className={styles.bar}>{loading && <LoadingBar width={400} />}</div>
      <header className={styles.header}>
        <div className={styles.heading}>
          <h2 id={id} className={styles.title}>
            {title}
          </h2>
          {warning ? (
            <span className={styles.warning} role="status">
              {warning}
            </span>
          ) : (
            hint && <span className={styles.hint}>{hint}</span>
          )}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      <div className={flush ? styles.flush : styles.body}>{children}</div>
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    position: 'relative',
    display: 'flex',
    flexDirection: 'column',
    minWidth: 0,
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  bar: css({ position: 'absolute', inset: '0 0 auto 0', height: 1, overflow: 'hidden' }),
  header: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'space-between',
    gap: theme.spacing(1, 2),
    padding: theme.spacing(1.25, 1.5, 0.75, 1.5),
    minHeight: 44,
  }),
  heading: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'baseline',
    gap: theme.spacing(0.25, 1),
    minWidth: 0,
  }),
  title: css({
    margin: 0,
    fontSize: theme.typography.h5.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  hint: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  warning: css({ color: theme.colors.warning.text, fontSize: theme.typography.bodySmall.fontSize }),
  actions: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
  body: css({ flex: 1, padding: theme.spacing(0.5, 1.5, 1.5, 1.5), minWidth: 0 }),
  flush: css({ flex: 1, minWidth: 0, overflow: 'hidden' }),
});
