// The keys that work on this page.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Modal, useStyles2 } from '@grafana/ui';
import { Fragment } from 'react';
import { useLocale } from '../i18n/context';
import { activeShortcuts } from './shortcuts';

export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  return (
    <Modal isOpen title={t('shortcuts.title')} onDismiss={onClose}>
      <dl className={styles.list}>
        {activeShortcuts().map(({ keys, label }) => (
          <Fragment key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key} className={styles.key}>
                  {shown(key)}
                </kbd>
              ))}
            </dt>
            <dd>{t(label)}</dd>
          </Fragment>
        ))}
      </dl>
    </Modal>
  );
}

const SYMBOLS: Record<string, string> = { left: '←', right: '→', escape: 'Esc' };

function shown(key: string): string {
  return key
    .split('+')
    .map((part) => (part === 'mod' ? 'Ctrl' : (SYMBOLS[part] ?? part)))
    .join(' + ');
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    display: 'grid',
    gridTemplateColumns: 'max-content 1fr',
    gap: theme.spacing(1, 2),
    margin: 0,
    dd: { margin: 0 },
  }),
  key: css({
    display: 'inline-block',
    minWidth: 24,
    marginRight: theme.spacing(0.5),
    padding: theme.spacing(0, 0.75),
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
    color: theme.colors.text.primary,
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: theme.typography.bodySmall.fontSize,
    lineHeight: '20px',
    textAlign: 'center',
    boxShadow: 'none',
  }),
});
