// A link to another page that looks like a button. Not LinkButton of @grafana/ui: that one leaves the
// application for a full page load, and decodes the address on its way (`%2B` becomes `+`, so ".+" becomes ". ").
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, type IconName, useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';

export interface NavButtonProps {
  to: string;
  icon?: IconName;
  variant?: 'primary' | 'secondary' | 'bare';
  small?: boolean;
  /** For a button that shows an icon only. */
  label?: string;
  children?: ReactNode;
}

export function NavButton({ to, icon, variant = 'primary', small, label, children }: NavButtonProps) {
  const styles = useStyles2(getStyles);
  return (
    <Link
      to={to}
      className={cx(styles.button, styles[variant], small && styles.small)}
      aria-label={label}
      title={label}
    >
      {icon && <Icon name={icon} size={small ? 'sm' : 'md'} />}
      {children}
    </Link>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  button: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    height: theme.spacing(theme.components.height.md),
    padding: theme.spacing(0, 2),
    border: '1px solid transparent',
    borderRadius: theme.shape.radius.default,
    fontFamily: theme.typography.fontFamily,
    fontWeight: theme.typography.fontWeightMedium,
    whiteSpace: 'nowrap',
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: 2 },
  }),
  small: css({
    gap: theme.spacing(0.75),
    height: theme.spacing(theme.components.height.sm),
    padding: theme.spacing(0, 1),
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  primary: css({
    background: theme.colors.primary.main,
    color: theme.colors.primary.contrastText,
    '&:hover': { background: theme.colors.primary.shade, color: theme.colors.primary.contrastText },
  }),
  secondary: css({
    background: theme.colors.secondary.main,
    borderColor: theme.colors.secondary.border,
    color: theme.colors.secondary.contrastText,
    '&:hover': { background: theme.colors.secondary.shade, color: theme.colors.secondary.contrastText },
  }),
  bare: css({
    color: theme.colors.text.secondary,
    '&:hover': { background: theme.colors.action.hover, color: theme.colors.text.primary },
  }),
});
