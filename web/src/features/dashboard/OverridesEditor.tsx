// Field options for some fields only: which fields, and what is different about them.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import {
  type ConfigOverrideRule,
  type DataFrame,
  type FieldConfigSource,
  FieldMatcherID,
  FieldType,
  getFieldDisplayName,
  type PanelPlugin,
} from '@grafana/data';
import {
  Button,
  Combobox,
  ControlledCollapse,
  Field,
  IconButton,
  Input,
  Select,
  Stack,
  useStyles2,
} from '@grafana/ui';
import type { ComponentType } from 'react';
import { useLocale } from '../../i18n/context';
import { optionText } from '../../i18n/panelOptions';

export interface OverridesEditorProps {
  plugin: PanelPlugin;
  config: FieldConfigSource;
  frames: DataFrame[];
  onChange: (config: FieldConfigSource) => void;
}

export function OverridesEditor({ plugin, config, frames, onChange }: OverridesEditorProps) {
  const { t } = useLocale();
  const rules = config.overrides;
  const set = (overrides: ConfigOverrideRule[]) => onChange({ ...config, overrides });
  return (
    <ControlledCollapse label={`${t('edit.overrides')} (${rules.length})`}>
      <Stack direction="column" gap={1}>
        {rules.map((rule, index) => (
          <RuleEditor
            // biome-ignore lint/suspicious/noArrayIndexKey: rules have no id
            key={index}
            plugin={plugin}
            rule={rule}
            frames={frames}
            onChange={(next) => set(rules.map((one, at) => (at === index ? next : one)))}
            onRemove={() => set(rules.filter((_, at) => at !== index))}
          />
        ))}
        <Button
          size="sm"
          variant="secondary"
          icon="plus"
          onClick={() =>
            set([...rules, { matcher: { id: FieldMatcherID.byName, options: '' }, properties: [] }])
          }
        >
          {t('edit.overrideAdd')}
        </Button>
      </Stack>
    </ControlledCollapse>
  );
}

interface RuleEditorProps {
  plugin: PanelPlugin;
  rule: ConfigOverrideRule;
  frames: DataFrame[];
  onChange: (rule: ConfigOverrideRule) => void;
  onRemove: () => void;
}

function RuleEditor({ plugin, rule, frames, onChange, onRemove }: RuleEditorProps) {
  const { t, language } = useLocale();
  const styles = useStyles2(getStyles);
  const items = plugin.fieldConfigRegistry.list().filter((item) => !item.hideFromOverrides);
  const used = new Set(rule.properties.map(({ id }) => id));
  return (
    <div className={styles.rule}>
      <Stack direction="row" gap={1} alignItems="center">
        <MatcherEditor rule={rule} frames={frames} onChange={onChange} />
        <IconButton name="trash-alt" aria-label={t('edit.overrideRemove')} onClick={onRemove} />
      </Stack>
      {rule.properties.map((property, index) => {
        const item = plugin.fieldConfigRegistry.getIfExists(property.id);
        const Editor = item?.override as unknown as ComponentType<Record<string, unknown>> | undefined;
        const put = (value: unknown) =>
          onChange({
            ...rule,
            properties: rule.properties.map((one, at) => (at === index ? { ...one, value } : one)),
          });
        return (
          <Field key={property.id} label={optionText(item?.name ?? property.id, language)}>
            <Stack direction="row" gap={1} alignItems="flex-start">
              <div className={styles.editor}>
                {item && Editor && !item.hideFromOverrides ? (
                  <Editor
                    value={property.value}
                    item={item}
                    context={{ data: frames, isOverride: true }}
                    onChange={put}
                  />
                ) : (
                  <code>{JSON.stringify(property.value)}</code>
                )}
              </div>
              <IconButton
                name="times"
                aria-label={t('edit.propertyRemove', { name: item?.name ?? property.id })}
                onClick={() =>
                  onChange({ ...rule, properties: rule.properties.filter((_, at) => at !== index) })
                }
              />
            </Stack>
          </Field>
        );
      })}
      <Combobox
        aria-label={t('edit.propertyAdd')}
        placeholder={t('edit.propertyAdd')}
        options={items
          .filter((item) => !used.has(item.id))
          .map((item) => ({ value: item.id, label: optionText(item.name, language) }))}
        value={null}
        onChange={({ value }) =>
          onChange({
            ...rule,
            properties: [
              ...rule.properties,
              { id: value, value: plugin.fieldConfigRegistry.getIfExists(value)?.defaultValue },
            ],
          })
        }
      />
    </div>
  );
}

function MatcherEditor({ rule, frames, onChange }: Pick<RuleEditorProps, 'rule' | 'frames' | 'onChange'>) {
  const { t } = useLocale();
  const { matcher } = rule;
  const put = (id: string, options: unknown) => onChange({ ...rule, matcher: { id, options } });
  const kinds = [
    { value: FieldMatcherID.byName, label: t('edit.byName') },
    { value: FieldMatcherID.byRegexp, label: t('edit.byRegexp') },
    { value: FieldMatcherID.byType, label: t('edit.byType') },
    { value: FieldMatcherID.byFrameRefID, label: t('edit.byQuery') },
  ];
  const names = [
    ...new Set(
      frames.flatMap((frame) => frame.fields.map((field) => getFieldDisplayName(field, frame, frames))),
    ),
  ];
  const text = typeof matcher.options === 'string' ? matcher.options : JSON.stringify(matcher.options ?? '');
  return (
    <>
      <Select
        width={16}
        aria-label={t('edit.matcher')}
        options={kinds}
        value={matcher.id as FieldMatcherID}
        onChange={(choice) => put(choice.value ?? FieldMatcherID.byName, '')}
      />
      {matcher.id === FieldMatcherID.byName ? (
        <Combobox
          aria-label={t('edit.byName')}
          createCustomValue
          options={names.map((name) => ({ value: name, label: name }))}
          value={text || null}
          onChange={({ value }) => put(matcher.id, value)}
        />
      ) : matcher.id === FieldMatcherID.byType ? (
        <Select
          aria-label={t('edit.byType')}
          options={Object.values(FieldType).map((type) => ({ value: type, label: type }))}
          value={text as FieldType}
          onChange={(choice) => put(matcher.id, choice.value)}
        />
      ) : (
        <Input
          aria-label={t('edit.matcher')}
          key={text}
          defaultValue={text}
          onBlur={(event) => put(matcher.id, event.currentTarget.value)}
        />
      )}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  rule: css({
    padding: theme.spacing(1),
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  editor: css({ flex: 1, minWidth: 0 }),
});
