// A list whose entries are edited one at a time: add, change, copy, move, remove.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, IconButton, useStyles2 } from '@grafana/ui';
import { type ReactNode, useState } from 'react';
import { useLocale } from '../../../i18n/context';

export interface ListEditorProps<Entry> {
  entries: readonly Entry[];
  nameOf: (entry: Entry) => string;
  detailOf: (entry: Entry) => string;
  emptyHint: string;
  addText: string;
  make: () => Entry;
  copyOf?: (entry: Entry) => Entry;
  form: (entry: Entry, change: (entry: Entry) => void) => ReactNode;
  onChange: (entries: Entry[]) => void;
}

export function ListEditor<Entry>(props: ListEditorProps<Entry>) {
  const { entries, nameOf, detailOf, emptyHint, addText, make, copyOf, form, onChange } = props;
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const [open, setOpen] = useState<number>();
  const opened = open === undefined ? undefined : entries[open];
  if (open !== undefined && opened !== undefined) {
    return (
      <>
        <div className={styles.back}>
          <Button size="sm" variant="secondary" icon="arrow-left" onClick={() => setOpen(undefined)}>
            {t('settings.backToList')}
          </Button>
        </div>
        {form(opened, (changed) => onChange(entries.map((entry, at) => (at === open ? changed : entry))))}
      </>
    );
  }
  const add = (entry: Entry) => {
    onChange([...entries, entry]);
    setOpen(entries.length);
  };
  const move = (from: number, to: number) => {
    const next = [...entries];
    next.splice(to, 0, ...next.splice(from, 1));
    onChange(next);
  };
  return (
    <>
      {entries.length === 0 && <p className={styles.detail}>{emptyHint}</p>}
      <ul className={styles.list}>
        {entries.map((entry, index) => {
          const name = nameOf(entry);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: entries have no id, and hold no state in the list
            <li key={`${index} ${name}`} className={styles.item} data-testid="settings-entry">
              <button type="button" className={styles.name} onClick={() => setOpen(index)}>
                <span>{name}</span>
                <span className={styles.detail}>{detailOf(entry)}</span>
              </button>
              <IconButton
                name="arrow-up"
                disabled={index === 0}
                aria-label={t('settings.moveUp', { name })}
                onClick={() => move(index, index - 1)}
              />
              <IconButton
                name="arrow-down"
                disabled={index === entries.length - 1}
                aria-label={t('settings.moveDown', { name })}
                onClick={() => move(index, index + 1)}
              />
              {copyOf && (
                <IconButton
                  name="copy"
                  aria-label={t('settings.copy', { name })}
                  onClick={() => add(copyOf(entry))}
                />
              )}
              <IconButton
                name="trash-alt"
                aria-label={t('settings.remove', { name })}
                onClick={() => onChange(entries.filter((_, at) => at !== index))}
              />
            </li>
          );
        })}
      </ul>
      <div className={styles.back}>
        <Button size="sm" variant="secondary" icon="plus" onClick={() => add(make())}>
          {addText}
        </Button>
      </div>
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  back: css({ marginBottom: theme.spacing(2) }),
  list: css({ margin: theme.spacing(0, 0, 1.5), padding: 0, listStyle: 'none' }),
  item: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    padding: theme.spacing(0.75, 0),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
  }),
  name: css({
    display: 'flex',
    flexDirection: 'column',
    flex: 1,
    minWidth: 0,
    padding: theme.spacing(0.5),
    border: 'none',
    borderRadius: theme.shape.radius.default,
    background: 'none',
    color: theme.colors.text.primary,
    textAlign: 'left',
    '&:hover': { background: theme.colors.action.hover },
  }),
  detail: css({
    overflow: 'hidden',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  }),
});
