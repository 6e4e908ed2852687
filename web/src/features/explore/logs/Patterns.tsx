// Kinds of lines: what repeats, how often, and a way to see only it, or all but it.
import { css } from '@emotion/css';
import { IconButton, useTheme2 } from '@grafana/ui';
import { Card } from '../../../components/Card';
import { Sparkline } from '../../../components/Sparkline';
import { ErrorState } from '../../../components/StateMessage';
import { selectorIn, withPattern } from '../../../datasources/loki/lineFilter';
import { linePatterns } from '../../../datasources/loki/metadata';
import { niceStepMs } from '../../../datasources/series';
import { useLocale } from '../../../i18n/context';
import { levelColor } from '../../../lib/colors';
import { describeError } from '../../../lib/errors';
import { useResource } from '../../../lib/useResource';
import type { TimeControls } from '../../../lib/useTimeControls';

const MOST = 50;

export interface PatternsProps {
  uid: string;
  expr: string;
  time: TimeControls;
  onExpr: (expr: string) => void;
}

export function Patterns({ uid, expr, time, onExpr }: PatternsProps) {
  const { t, format } = useLocale();
  const theme = useTheme2();
  const selector = selectorIn(expr) ?? '{}';
  const identity = JSON.stringify([uid, selector, time.raw]);
  const found = useResource(identity, `${identity} ${time.tick}`, (signal) =>
    linePatterns(uid, selector, time.range, niceStepMs(time.range.toMs - time.range.fromMs, 60), signal),
  );
  return (
    <Card
      title={t('explore.patterns')}
      hint={found.data && t.plural('explore.patterns.count', found.data.length)}
      loading={found.loading}
    >
      {found.error !== undefined && (
        <ErrorState compact message={describeError(found.error, 'logs', t)} onRetry={found.reload} />
      )}
      <ul className={LIST}>
        {(found.data ?? []).slice(0, MOST).map(({ pattern, level, count, samples }) => (
          <li key={`${level} ${pattern}`} className={ITEM}>
            <IconButton
              name="search-plus"
              aria-label={t('explore.patterns.keep')}
              onClick={() => onExpr(withPattern(expr, pattern, true))}
            />
            <IconButton
              name="search-minus"
              aria-label={t('explore.patterns.drop')}
              onClick={() => onExpr(withPattern(expr, pattern, false))}
            />
            <span className={SPARK}>
              <Sparkline values={samples.map(([, value]) => value)} color={levelColor(theme, level)} />
            </span>
            <strong className={COUNT}>{format.count(count)}</strong>
            <code className={TEXT}>{pattern}</code>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const LIST = css({ listStyle: 'none', maxHeight: 320, overflow: 'auto' });
const ITEM = css({ display: 'flex', alignItems: 'center', gap: 8, padding: '4px 0' });
const SPARK = css({ width: 80, flexShrink: 0 });
const COUNT = css({ width: '7ch', textAlign: 'right', flexShrink: 0 });
const TEXT = css({ minWidth: 0, overflowWrap: 'anywhere', background: 'none', border: 'none' });
