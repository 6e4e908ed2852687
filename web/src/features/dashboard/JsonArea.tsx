// JSON to read or to write.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { TextArea, useStyles2 } from '@grafana/ui';

export interface JsonAreaProps {
  label: string;
  value: string;
  rows?: number;
  invalid?: boolean;
  onChange?: (text: string) => void;
}

export function JsonArea({ label, value, rows = 12, invalid, onChange }: JsonAreaProps) {
  const styles = useStyles2(getStyles);
  return (
    <TextArea
      className={styles.area}
      aria-label={label}
      spellCheck={false}
      rows={rows}
      value={value}
      invalid={invalid}
      readOnly={!onChange}
      onChange={(event) => onChange?.(event.currentTarget.value)}
    />
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  area: css({
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: theme.typography.bodySmall.fontSize,
    whiteSpace: 'pre',
    marginBottom: theme.spacing(1),
  }),
});
