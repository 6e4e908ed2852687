// What a panel shows when the answer holds nothing that it can draw.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { useLocale } from '../../i18n/context';

export function NoData({ text, hint }: { text?: string; hint?: string }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.box} role="status">
      <div>{text ?? t('panel.noData')}</div>
      {hint && <div className={styles.hint}>{hint}</div>}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  box: css({
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'center',
    height: '100%',
    padding: theme.spacing(1),
    textAlign: 'center',
    color: theme.colors.text.secondary,
  }),
  hint: css({ fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.text.disabled }),
});
