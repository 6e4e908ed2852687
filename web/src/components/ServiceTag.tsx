// A service's name with its colour.
import { css } from '@emotion/css';
import { useTheme2 } from '@grafana/ui';
import { serviceColor } from '../lib/colors';

export function ServiceTag({ name, muted }: { name: string; muted?: boolean }) {
  const theme = useTheme2();
  return (
    <span className={TAG} title={name}>
      <span className={DOT} style={{ background: serviceColor(theme, name) }} />
      <span
        className={TEXT}
        style={{ color: muted ? theme.colors.text.secondary : theme.colors.text.primary }}
      >
        {name}
      </span>
    </span>
  );
}

const TAG = css({ display: 'inline-flex', alignItems: 'center', gap: 6, minWidth: 0, maxWidth: '100%' });
const DOT = css({ width: 8, height: 8, borderRadius: '50%', flexShrink: 0 });
const TEXT = css({ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' });
