// Transformations in their order: switch off, move, remove, and change the options as JSON.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Combobox, IconButton, InlineSwitch, Stack, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import type { Panel } from '../../dashboard/model';
import { useLocale } from '../../i18n/context';
import { allTransformers } from '../../transformers';
import { JsonArea } from './JsonArea';

export function TransformationsTab({ panel, onChange }: { panel: Panel; onChange: (panel: Panel) => void }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const list = panel.transformations ?? [];
  const known = allTransformers();
  const set = (transformations: typeof list) => onChange({ ...panel, transformations });
  const move = (index: number, by: number) => {
    const next = [...list];
    const [moved] = next.splice(index, 1);
    if (moved) {
      next.splice(index + by, 0, moved);
    }
    set(next);
  };
  return (
    <Stack direction="column" gap={1}>
      {list.map((entry, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same transformation may stand twice
        <div key={`${entry.id} ${index}`} className={styles.card}>
          <Stack direction="row" gap={1} alignItems="center">
            <strong className={styles.name}>
              {known.find((info) => info.id === entry.id)?.name ?? entry.id}
            </strong>
            <InlineSwitch
              showLabel
              label={t('edit.enabled')}
              value={!entry.disabled}
              onChange={(event) =>
                set(
                  list.map((one, at) =>
                    at === index ? { ...one, disabled: !event.currentTarget.checked } : one,
                  ),
                )
              }
            />
            <IconButton
              name="arrow-up"
              aria-label={t('edit.moveUp')}
              disabled={index === 0}
              onClick={() => move(index, -1)}
            />
            <IconButton
              name="arrow-down"
              aria-label={t('edit.moveDown')}
              disabled={index === list.length - 1}
              onClick={() => move(index, 1)}
            />
            <IconButton
              name="trash-alt"
              aria-label={t('common.remove')}
              onClick={() => set(list.filter((_, at) => at !== index))}
            />
          </Stack>
          <OptionsJson
            label={t('edit.transformationOptions', { name: entry.id })}
            value={entry.options}
            onChange={(options) => set(list.map((one, at) => (at === index ? { ...one, options } : one)))}
          />
        </div>
      ))}
      <Combobox
        aria-label={t('edit.transformationAdd')}
        placeholder={t('edit.transformationAdd')}
        options={known
          .filter((info) => info.id !== 'noop')
          .map((info) => ({ value: info.id, label: info.name, description: info.description }))}
        value={null}
        onChange={({ value }) =>
          set([
            ...list,
            { id: value, options: known.find((info) => info.id === value)?.defaultOptions ?? {} },
          ])
        }
      />
    </Stack>
  );
}

interface OptionsJsonProps {
  label: string;
  value: unknown;
  onChange: (value: Record<string, unknown>) => void;
}

function OptionsJson({ label, value, onChange }: OptionsJsonProps) {
  const [text, setText] = useState(() => JSON.stringify(value ?? {}, undefined, 2));
  const [invalid, setInvalid] = useState(false);
  const change = (next: string) => {
    setText(next);
    try {
      onChange(JSON.parse(next) as Record<string, unknown>);
      setInvalid(false);
    } catch {
      // Half-written JSON waits until it is whole.
      setInvalid(true);
    }
  };
  return <JsonArea label={label} value={text} rows={6} invalid={invalid} onChange={change} />;
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    padding: theme.spacing(1, 1.5),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  name: css({ flex: 1 }),
});
