// A verdict in words: what is the matter, and how much of it.
import { useLocale } from '../../i18n/context';
import type { MessageKey, Translate } from '../../i18n/translate';
import type { Verdict } from './verdict';

const TITLES = {
  good: 'home.verdict.good',
  warn: 'home.verdict.warn',
  bad: 'home.verdict.bad',
  unknown: 'home.verdict.unknown',
} as const satisfies Record<Verdict['tone'], MessageKey>;

export function verdictTitle(t: Translate, verdict: Verdict, waiting: boolean): string {
  return t(waiting ? 'home.verdict.loading' : TITLES[verdict.tone]);
}

export function Reasons({ verdict }: { verdict: Verdict }) {
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
