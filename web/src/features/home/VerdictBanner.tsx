// The verdict, large enough to be read in passing.
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, type IconName, Spinner, useStyles2 } from '@grafana/ui';
import { useLocale } from '../../i18n/context';
import type { MessageKey } from '../../i18n/translate';
import type { Verdict } from './verdict';

const ICONS: Record<Verdict['tone'], IconName> = {
  good: 'check-circle',
  warn: 'exclamation-triangle',
  bad: 'exclamation-circle',
  unknown: 'info-circle',
};

const TITLES = {
  good: 'home.verdict.good',
  warn: 'home.verdict.warn',
  bad: 'home.verdict.bad',
  unknown: 'home.verdict.unknown',
} as const satisfies Record<Verdict['tone'], MessageKey>;

export interface VerdictBannerProps {
  verdict: Verdict;
  loading: boolean;
  /** Why the verdict is unknown. */
  problem: string | undefined;
  checkedAt: string | undefined;
}

export function VerdictBanner({ verdict, loading, problem, checkedAt }: VerdictBannerProps) {
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  const waiting = verdict.tone === 'unknown' && loading && !problem;
  return (
    <div
      className={cx(styles.banner, styles[verdict.tone])}
      role="status"
      data-testid="verdict"
      data-tone={verdict.tone}
    >
      <span className={styles.icon}>
        {waiting ? <Spinner size="xl" /> : <Icon name={ICONS[verdict.tone]} size="xxl" />}
      </span>
      <div className={styles.text}>
        <strong className={styles.title}>{t(waiting ? 'home.verdict.loading' : TITLES[verdict.tone])}</strong>
        <span className={styles.reasons}>{problem ?? <Reasons verdict={verdict} />}</span>
      </div>
      {checkedAt && (
        <span className={styles.when}>
          {t('common.updated', { time: format.clock(Date.parse(checkedAt)) })}
        </span>
      )}
    </div>
  );
}

function Reasons({ verdict }: { verdict: Verdict }) {
  const { t, format, language } = useLocale();
  const list = new Intl.ListFormat(language, { type: 'conjunction' });
  switch (verdict.tone) {
    case 'unknown':
      return null;
    case 'good':
      if (verdict.errorRatio === undefined) {
        return t('home.verdict.goodHintUp', { count: verdict.count });
      }
      return verdict.errorRatio > 0
        ? t('home.verdict.goodHintErrors', {
            count: verdict.count,
            share: format.percent(verdict.errorRatio),
          })
        : t('home.verdict.goodHint', { count: verdict.count });
    default: {
      const reasons: string[] = [];
      if (verdict.tone === 'bad') {
        reasons.push(t('home.verdict.down', { names: list.format(verdict.down) }));
      }
      if (verdict.degraded.length > 0) {
        reasons.push(t('home.verdict.degraded', { names: list.format(verdict.degraded) }));
      }
      if (verdict.errorRatio !== undefined) {
        reasons.push(t('home.verdict.errors', { share: format.percent(verdict.errorRatio) }));
      }
      if (verdict.tone === 'warn' && verdict.noTraffic) {
        reasons.push(t('home.verdict.noTraffic'));
      }
      if (verdict.tone === 'warn' && verdict.noFigures) {
        reasons.push(t('home.verdict.noFigures'));
      }
      return reasons.join(' ');
    }
  }
}

const getStyles = (theme: GrafanaTheme2) => {
  const tone = (color: string, background: string) =>
    css({
      borderLeftColor: color,
      background: `linear-gradient(90deg, ${background}, transparent 60%), ${theme.colors.background.primary}`,
      '& > span:first-of-type': { color },
    });
  return {
    banner: css({
      display: 'flex',
      alignItems: 'center',
      gap: theme.spacing(1.5),
      padding: theme.spacing(1.5, 2),
      border: `1px solid ${theme.colors.border.weak}`,
      borderLeftWidth: 4,
      borderRadius: theme.shape.radius.default,
      [theme.breakpoints.down('sm')]: { flexWrap: 'wrap', padding: theme.spacing(1.5) },
    }),
    good: tone(theme.colors.success.text, theme.colors.success.transparent),
    warn: tone(theme.colors.warning.text, theme.colors.warning.transparent),
    bad: tone(theme.colors.error.text, theme.colors.error.transparent),
    unknown: tone(theme.colors.text.secondary, theme.colors.secondary.transparent),
    icon: css({ display: 'inline-flex', flexShrink: 0 }),
    text: css({ display: 'flex', flexDirection: 'column', flex: '1 1 200px', minWidth: 0 }),
    title: css({
      fontSize: theme.typography.h4.fontSize,
      fontWeight: theme.typography.fontWeightMedium,
      lineHeight: 1.3,
    }),
    reasons: css({ color: theme.colors.text.secondary }),
    when: css({
      color: theme.colors.text.secondary,
      fontSize: theme.typography.bodySmall.fontSize,
      whiteSpace: 'nowrap',
      fontVariantNumeric: 'tabular-nums',
    }),
  };
};
