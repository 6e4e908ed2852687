// One line above everything else: is the shop well, and which component is not. The figures below say the rest.
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, type IconName, Spinner, useStyles2 } from '@grafana/ui';
import { Link } from 'react-router-dom';
import { inReadingOrder, type StackComponent } from '../../api/stack';
import { useLocale } from '../../i18n/context';
import type { StackState } from './useStackState';
import { Reasons, verdictTitle } from './VerdictText';
import type { Verdict } from './verdict';

const ICONS: Record<Verdict['tone'], IconName> = {
  good: 'check-circle',
  warn: 'exclamation-triangle',
  bad: 'exclamation-circle',
  unknown: 'info-circle',
};

export function ShopStrip({ state, withComponents }: { state: StackState; withComponents?: boolean }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const { verdict, health, problem, current } = state;
  const waiting = verdict.tone === 'unknown' && health.loading && !problem;
  return (
    <div className={cx(styles.strip, styles[verdict.tone])} data-testid="verdict" data-tone={verdict.tone}>
      <div className={styles.verdict} role="status">
        <span className={styles.icon}>
          {waiting ? <Spinner size="lg" /> : <Icon name={ICONS[verdict.tone]} size="xl" />}
        </span>
        <span className={styles.text}>
          <strong className={styles.title}>{verdictTitle(t, verdict, waiting)}</strong>{' '}
          <span className={styles.reasons}>{problem ?? <Reasons verdict={verdict} />}</span>
        </span>
      </div>
      {withComponents && current && (
        <ul className={styles.components} aria-label={t('home.components')}>
          {inReadingOrder(current.components).map((component) => (
            <Chip key={component.name} component={component} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Chip({ component }: { component: StackComponent }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const { name, status, message } = component;
  const words = `${name}: ${t(`home.status.${status}`)}${status !== 'up' && message ? ` (${message})` : ''}`;
  return (
    <li className={status === 'up' ? styles.well : undefined}>
      <Link
        to="/services"
        className={cx(styles.chip, status !== 'up' && styles.wrong)}
        title={words}
        aria-label={words}
        data-testid="component"
        data-name={name}
        data-status={status}
      >
        <span className={cx(styles.dot, styles[`dot-${status}`])} aria-hidden="true" />
        {name}
      </Link>
    </li>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const tone = (color: string, background: string) =>
    css({
      borderLeftColor: color,
      background: `linear-gradient(90deg, ${background}, transparent 50%), ${theme.colors.background.primary}`,
      '& > div > span:first-of-type': { color },
    });
  const small = theme.typography.bodySmall.fontSize;
  return {
    strip: css({
      display: 'flex',
      flexWrap: 'wrap',
      alignItems: 'center',
      justifyContent: 'space-between',
      gap: theme.spacing(0.75, 2),
      marginBottom: theme.spacing(1.5),
      padding: theme.spacing(0.75, 1.5),
      border: `1px solid ${theme.colors.border.weak}`,
      borderLeftWidth: 4,
      borderRadius: theme.shape.radius.default,
    }),
    good: tone(theme.colors.success.text, theme.colors.success.transparent),
    warn: tone(theme.colors.warning.text, theme.colors.warning.transparent),
    bad: tone(theme.colors.error.text, theme.colors.error.transparent),
    unknown: tone(theme.colors.text.secondary, theme.colors.secondary.transparent),
    verdict: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1.25), minWidth: 0 }),
    icon: css({ display: 'inline-flex', flexShrink: 0 }),
    text: css({ minWidth: 0, overflowWrap: 'anywhere' }),
    title: css({ marginRight: theme.spacing(0.75), fontWeight: theme.typography.fontWeightMedium }),
    reasons: css({ color: theme.colors.text.secondary }),
    components: css({
      display: 'flex',
      flexWrap: 'wrap',
      gap: theme.spacing(0.25, 0.5),
      margin: 0,
      padding: 0,
      listStyle: 'none',
    }),
    chip: css({
      display: 'inline-flex',
      alignItems: 'center',
      gap: theme.spacing(0.75),
      padding: theme.spacing(0.25, 0.75),
      borderRadius: theme.shape.radius.pill,
      color: theme.colors.text.secondary,
      fontSize: small,
      '&:hover': { background: theme.colors.action.hover, color: theme.colors.text.primary },
    }),
    // On a phone only those that need a look take room.
    well: css({ [theme.breakpoints.down('sm')]: { display: 'none' } }),
    wrong: css({ color: theme.colors.text.primary, fontWeight: theme.typography.fontWeightMedium }),
    dot: css({ width: 8, height: 8, borderRadius: '50%', flexShrink: 0 }),
    'dot-up': css({ background: theme.colors.success.text }),
    'dot-degraded': css({ background: theme.colors.warning.text }),
    'dot-down': css({ background: theme.colors.error.text }),
  };
};
