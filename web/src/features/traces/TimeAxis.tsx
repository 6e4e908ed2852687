// The scale above the waterfall: the trace's duration in quarters.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import type { PathSegment } from '../../datasources/tempo/criticalPath';
import { useLocale } from '../../i18n/context';
import { NAME_COLUMN, STACKED } from './layout';

const QUARTERS = [0, 0.25, 0.5, 0.75, 1];

export function TimeAxis({ window: shown }: { window: PathSegment }) {
  const { t, format } = useLocale();
  const styles = useStyles2(getStyles);
  const label = (ms: number) => (ms === 0 ? '0' : format.durationMs(ms));
  return (
    <div className={styles.axis} aria-hidden="true">
      <span className={styles.name}>{t('trace.column.span')}</span>
      <span className={styles.scale}>
        {QUARTERS.map((part) => (
          <span
            key={part}
            className={styles.tick}
            style={{ left: `${part * 100}%`, transform: `translateX(${part * -100}%)` }}
          >
            {label(shown.fromMs + (shown.toMs - shown.fromMs) * part)}
          </span>
        ))}
      </span>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  axis: css({
    display: 'flex',
    alignItems: 'center',
    height: 28,
    background: theme.colors.background.secondary,
    borderTop: `1px solid ${theme.colors.border.weak}`,
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  name: css({
    width: NAME_COLUMN,
    flexShrink: 0,
    paddingLeft: theme.spacing(1.5),
    [STACKED]: { display: 'none' },
  }),
  scale: css({
    position: 'relative',
    flex: 1,
    height: '100%',
    marginRight: theme.spacing(1.5),
    [STACKED]: { marginLeft: theme.spacing(1.5) },
  }),
  tick: css({ position: 'absolute', top: 5, whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }),
});
