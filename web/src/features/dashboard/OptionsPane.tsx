// Options of a panel: what it is called, what it looks like, how its fields are shown. The forms come from the
// panel types themselves, which declare their options.
import {
  type DataFrame,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  getPanelOptionsWithDefaults,
  PanelOptionsEditorBuilder,
  type PanelOptionsEditorItem,
  type PanelPlugin,
} from '@grafana/data';
import { ControlledCollapse, Field, InlineSwitch, Input, Select, TextArea } from '@grafana/ui';
import { type ComponentType, useMemo } from 'react';
import type { Panel } from '../../dashboard/model';
import { toFieldConfig } from '../../dashboard/toVizPanel';
import { useLocale } from '../../i18n/context';
import { optionText } from '../../i18n/panelOptions';
import { PANEL_TYPES, panelTypeOf } from '../../panels/registry';
import { OverridesEditor } from './OverridesEditor';
import { getPath, setPath } from './paths';

export interface OptionsPaneProps {
  panel: Panel;
  plugin: PanelPlugin;
  variables: string[];
  frames: DataFrame[];
  onChange: (panel: Panel) => void;
}

export function OptionsPane({ panel, plugin, variables, frames, onChange }: OptionsPaneProps) {
  const { t } = useLocale();
  const types = PANEL_TYPES.map(({ id, name, icon }) => ({ value: id, label: t(name), icon }));
  const merged = useMemo(
    () =>
      getPanelOptionsWithDefaults({
        plugin,
        currentOptions: panel.options ?? {},
        currentFieldConfig: toFieldConfig(panel),
        isAfterPluginChange: false,
      }),
    [plugin, panel],
  );
  const setFieldConfig = (fieldConfig: FieldConfigSource) => onChange({ ...panel, fieldConfig });
  return (
    <>
      <Field label={t('edit.visualization')}>
        <Select
          aria-label={t('edit.visualization')}
          options={types}
          value={panelTypeOf(panel.type)}
          onChange={(choice) => choice.value && onChange({ ...panel, type: choice.value, options: {} })}
        />
      </Field>
      <PanelFrame panel={panel} variables={variables} onChange={onChange} />
      <PanelOptions
        plugin={plugin}
        options={merged.options as Record<string, unknown>}
        frames={frames}
        onChange={(options) => onChange({ ...panel, options })}
      />
      <FieldOptions plugin={plugin} config={merged.fieldConfig} frames={frames} onChange={setFieldConfig} />
      <OverridesEditor
        plugin={plugin}
        config={toFieldConfig(panel)}
        frames={frames}
        onChange={setFieldConfig}
      />
    </>
  );
}

function PanelFrame({
  panel,
  variables,
  onChange,
}: Pick<OptionsPaneProps, 'panel' | 'variables' | 'onChange'>) {
  const { t } = useLocale();
  return (
    <ControlledCollapse label={t('edit.panelOptions')} isOpen>
      <Field label={t('edit.title')}>
        <Input
          id="panel-title"
          value={panel.title ?? ''}
          onChange={(event) => onChange({ ...panel, title: event.currentTarget.value })}
        />
      </Field>
      <Field label={t('edit.description')}>
        <TextArea
          id="panel-description"
          rows={2}
          value={panel.description ?? ''}
          onChange={(event) => onChange({ ...panel, description: event.currentTarget.value || undefined })}
        />
      </Field>
      <Field>
        <InlineSwitch
          showLabel
          label={t('edit.transparent')}
          value={Boolean(panel.transparent)}
          onChange={(event) => onChange({ ...panel, transparent: event.currentTarget.checked || undefined })}
        />
      </Field>
      <Field label={t('edit.repeat')} description={t('edit.repeatHint')}>
        <Select
          isClearable
          aria-label={t('edit.repeat')}
          options={variables.map((name) => ({ value: name, label: name }))}
          value={panel.repeat ?? null}
          onChange={(choice) => onChange({ ...panel, repeat: choice?.value })}
        />
      </Field>
      {panel.repeat && (
        <Field label={t('edit.repeatDirection')}>
          <Select
            aria-label={t('edit.repeatDirection')}
            options={[
              { value: 'h' as const, label: t('edit.horizontal') },
              { value: 'v' as const, label: t('edit.vertical') },
            ]}
            value={panel.repeatDirection ?? 'h'}
            onChange={(choice) => onChange({ ...panel, repeatDirection: choice.value })}
          />
        </Field>
      )}
    </ControlledCollapse>
  );
}

interface PanelOptionsProps {
  plugin: PanelPlugin;
  options: Record<string, unknown>;
  frames: DataFrame[];
  onChange: (options: Record<string, unknown>) => void;
}

function PanelOptions({ plugin, options, frames, onChange }: PanelOptionsProps) {
  const context = { data: frames, options };
  const items = useMemo(() => {
    const builder = new PanelOptionsEditorBuilder<object>();
    plugin.getPanelOptionsSupplier()(builder, { data: frames, options });
    return builder.getItems();
  }, [plugin, frames, options]);
  return (
    <Groups
      items={items.filter((item) => !item.showIf || item.showIf(options, frames))}
      render={(item: PanelOptionsEditorItem) => {
        const Editor = item.editor as unknown as ComponentType<Record<string, unknown>>;
        return (
          <Editor
            id={`option-${item.path}`}
            value={getPath(options, item.path)}
            item={item}
            context={context}
            onChange={(value: unknown) => onChange(setPath(options, item.path, value))}
          />
        );
      }}
    />
  );
}

interface FieldOptionsProps {
  plugin: PanelPlugin;
  config: FieldConfigSource;
  frames: DataFrame[];
  onChange: (config: FieldConfigSource) => void;
}

export function fieldPath(item: FieldConfigPropertyItem): string {
  return item.isCustom ? `custom.${item.path}` : item.path;
}

function FieldOptions({ plugin, config, frames, onChange }: FieldOptionsProps) {
  const items = plugin.fieldConfigRegistry
    .list()
    .filter((item) => !item.hideFromDefaults)
    .filter(
      (item) =>
        !item.showIf || item.showIf(item.isCustom ? (config.defaults.custom ?? {}) : config.defaults, frames),
    );
  return (
    <Groups
      items={items}
      render={(item: FieldConfigPropertyItem) => {
        const Editor = item.editor as unknown as ComponentType<Record<string, unknown>>;
        return (
          <Editor
            id={`field-${fieldPath(item)}`}
            value={getPath(config.defaults, fieldPath(item))}
            item={item}
            context={{ data: frames, isOverride: false }}
            onChange={(value: unknown) =>
              onChange({ ...config, defaults: setPath(config.defaults, fieldPath(item), value) })
            }
          />
        );
      }}
    />
  );
}

interface Grouped {
  id: string;
  name: string;
  description?: string;
  category?: string[];
}

function Groups<Item extends Grouped>({
  items,
  render,
}: {
  items: Item[];
  render: (item: Item) => React.ReactNode;
}) {
  const { language } = useLocale();
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = item.category?.[0] ?? '';
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return [...groups].map(([name, members]) => (
    <ControlledCollapse key={name} label={optionText(name, language)}>
      {members.map((item) => (
        <Field
          key={item.id}
          label={optionText(item.name, language)}
          description={item.description && optionText(item.description, language)}
        >
          <div>{render(item)}</div>
        </Field>
      ))}
    </ControlledCollapse>
  ));
}
