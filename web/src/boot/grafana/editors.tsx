// The editors that panel options and field options name by id.
import type {
  DataLink,
  FieldColor,
  StandardEditorProps,
  ThresholdsConfig,
  ValueMapping,
} from '@grafana/data';
import {
  Combobox,
  Input,
  MultiCombobox,
  RadioButtonGroup,
  Select,
  Slider,
  StatsPicker,
  Switch,
  TextArea,
  UnitPicker,
} from '@grafana/ui';
import type { ComponentType } from 'react';
import { useLocale } from '../../i18n/context';
import { optionText } from '../../i18n/panelOptions';
import { ColorEditor, FieldColorEditor } from './ColorEditors';
import { LinksEditor } from './LinksEditor';
import { MappingsEditor } from './MappingsEditor';
import type { EditorId } from './registerEditors';
import { ThresholdsEditor } from './ThresholdsEditor';

interface Choices<Value> {
  options?: { value: Value; label?: string }[];
  allowMultiple?: boolean;
  allowCustomValue?: boolean;
  getOptions?: unknown;
}

type Editor<Value, Settings = unknown> = ComponentType<StandardEditorProps<Value, Settings>>;

interface TextSettings {
  placeholder?: string;
  useTextarea?: boolean;
  rows?: number;
}

const TextEditor: Editor<string, TextSettings> = ({ value, onChange, item, id }) =>
  item.settings?.useTextarea ? (
    <TextArea
      id={id}
      aria-label={item.name}
      rows={item.settings.rows}
      defaultValue={value ?? ''}
      key={value ?? ''}
      onBlur={(event) => onChange(event.currentTarget.value)}
    />
  ) : (
    <Input
      id={id}
      defaultValue={value ?? ''}
      key={value ?? ''}
      placeholder={item.settings?.placeholder}
      onBlur={(event) => onChange(event.currentTarget.value || undefined)}
      onKeyDown={(event) => event.key === 'Enter' && onChange(event.currentTarget.value || undefined)}
    />
  );

const NumberEditor: Editor<number, { placeholder?: string; min?: number; max?: number; step?: number }> = ({
  value,
  onChange,
  item,
  id,
}) => (
  <Input
    id={id}
    type="number"
    defaultValue={value ?? ''}
    key={value ?? ''}
    min={item.settings?.min}
    max={item.settings?.max}
    step={item.settings?.step}
    placeholder={item.settings?.placeholder}
    onBlur={(event) => onChange(numberOf(event.currentTarget.value))}
    onKeyDown={(event) => event.key === 'Enter' && onChange(numberOf(event.currentTarget.value))}
  />
);

function numberOf(text: string): number | undefined {
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? undefined : value;
}

const SliderEditor: Editor<number, { min: number; max: number; step?: number }> = ({
  value,
  onChange,
  item,
}) => (
  <Slider
    min={item.settings?.min ?? 0}
    max={item.settings?.max ?? 100}
    step={item.settings?.step}
    value={value ?? item.settings?.min ?? 0}
    onAfterChange={(next) => next !== undefined && onChange(next)}
  />
);

const BooleanEditor: Editor<boolean> = ({ value, onChange, id }) => (
  <Switch id={id} value={Boolean(value)} onChange={(event) => onChange(event.currentTarget.checked)} />
);

function useChoices<Value>(settings: Choices<Value> | undefined) {
  const { language } = useLocale();
  return (settings?.options ?? []).map(({ value, label }) => ({
    value,
    label: optionText(label ?? String(value), language),
  }));
}

const RadioEditor: Editor<unknown, Choices<unknown>> = ({ value, onChange, item }) => {
  const options = useChoices(item.settings);
  return options.length > 4 ? (
    <Select
      aria-label={item.name}
      options={options}
      value={options.find((option) => option.value === value)}
      onChange={(choice) => onChange(choice.value)}
    />
  ) : (
    <RadioButtonGroup fullWidth options={options} value={value} onChange={onChange} />
  );
};

const SelectEditor: Editor<unknown, Choices<unknown>> = ({ value, onChange, item, id }) => {
  const options = useChoices(item.settings);
  return (
    <Select
      inputId={id}
      aria-label={item.name}
      isClearable
      allowCustomValue={item.settings?.allowCustomValue}
      options={options}
      value={options.find((option) => option.value === value) ?? null}
      onChange={(choice) => onChange(choice?.value)}
    />
  );
};

const MultiSelectEditor: Editor<string[], Choices<string>> = ({ value, onChange, item }) => (
  <MultiCombobox
    aria-label={item.name}
    createCustomValue={item.settings?.allowCustomValue}
    options={useChoices(item.settings)}
    value={value ?? []}
    onChange={(chosen) => onChange(chosen.map((option) => option.value))}
  />
);

const StatsEditor: Editor<string[], { allowMultiple?: boolean; defaultStat?: string }> = ({
  value,
  onChange,
  item,
}) => (
  <StatsPicker
    stats={value ?? []}
    onChange={onChange}
    allowMultiple={Boolean(item.settings?.allowMultiple)}
    defaultStat={item.settings?.defaultStat}
  />
);

const UnitEditor: Editor<string> = ({ value, onChange }) => (
  <UnitPicker value={value} onChange={(unit) => onChange(unit)} />
);

/** A field of the data by its display name. */
const FieldNameEditor: Editor<string> = ({ value, onChange, context, item }) => (
  <Combobox
    aria-label={item.name}
    isClearable
    createCustomValue
    options={[
      ...new Set(
        context.data?.flatMap((frame) => frame.fields.map((field) => field.state?.displayName ?? field.name)),
      ),
    ].map((name) => ({ value: name, label: name }))}
    value={value ?? null}
    onChange={(choice) => onChange(choice?.value)}
  />
);

/** By id. Each has its own type of value. */
export const EDITORS: Record<EditorId, unknown> = {
  text: TextEditor,
  number: NumberEditor,
  slider: SliderEditor,
  boolean: BooleanEditor,
  radio: RadioEditor,
  select: SelectEditor,
  'multi-select': MultiSelectEditor,
  'stats-picker': StatsEditor,
  unit: UnitEditor,
  color: ColorEditor satisfies Editor<string>,
  fieldColor: FieldColorEditor satisfies Editor<FieldColor | undefined>,
  'field-name': FieldNameEditor,
  links: LinksEditor satisfies Editor<DataLink[]>,
  mappings: MappingsEditor satisfies Editor<ValueMapping[]>,
  thresholds: ThresholdsEditor satisfies Editor<ThresholdsConfig>,
};
