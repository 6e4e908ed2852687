// The field options that every panel has. @grafana/data knows how to apply them, not that they exist.
import {
  booleanOverrideProcessor,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  type Field,
  type FieldConfigPropertyItem,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardEditorsRegistry,
  standardFieldConfigEditorRegistry,
  stringOverrideProcessor,
  ThresholdsMode,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';
import type { Translate } from '../../i18n/translate';

// Each option has a value of its own type; the registry holds them as the library's widest.
type Item = FieldConfigPropertyItem;

interface Entry {
  id: string;
  name: string;
  editor: string;
  // Each processor takes its own type of value.
  process: unknown;
  numbersOnly?: boolean;
  settings?: unknown;
  defaultValue?: unknown;
  category?: string;
}

export function registerFieldOptions(t: Translate): void {
  const standard = t('edit.standardOptions');
  const entries: Entry[] = [
    { id: 'unit', name: t('edit.unit'), editor: 'unit', process: unitOverrideProcessor },
    { id: 'min', name: t('edit.min'), editor: 'number', process: numberOverrideProcessor, numbersOnly: true },
    { id: 'max', name: t('edit.max'), editor: 'number', process: numberOverrideProcessor, numbersOnly: true },
    {
      id: 'fieldMinMax',
      name: t('edit.fieldMinMax'),
      editor: 'boolean',
      process: booleanOverrideProcessor,
      numbersOnly: true,
    },
    {
      id: 'decimals',
      name: t('edit.decimals'),
      editor: 'number',
      process: numberOverrideProcessor,
      numbersOnly: true,
      settings: { min: 0, max: 15 },
    },
    {
      id: 'displayName',
      name: t('edit.displayName'),
      editor: 'text',
      process: displayNameOverrideProcessor,
      settings: { expandTemplateVars: true },
    },
    { id: 'color', name: t('edit.colorScheme'), editor: 'fieldColor', process: identityOverrideProcessor },
    { id: 'noValue', name: t('edit.noValue'), editor: 'text', process: stringOverrideProcessor },
    {
      id: 'links',
      name: t('edit.dataLinks'),
      editor: 'links',
      process: dataLinksOverrideProcessor,
      category: t('edit.dataLinks'),
    },
    {
      id: 'mappings',
      name: t('edit.mappings'),
      editor: 'mappings',
      process: valueMappingsOverrideProcessor,
      defaultValue: [],
      category: t('edit.mappings'),
    },
    {
      id: 'thresholds',
      name: t('edit.thresholds'),
      editor: 'thresholds',
      process: thresholdsOverrideProcessor,
      category: t('edit.thresholds'),
      defaultValue: {
        mode: ThresholdsMode.Absolute,
        steps: [
          { value: Number.NEGATIVE_INFINITY, color: 'green' },
          { value: 80, color: 'red' },
        ],
      },
    },
    { id: 'filterable', name: t('edit.filterable'), editor: 'boolean', process: booleanOverrideProcessor },
  ];
  standardFieldConfigEditorRegistry.setInit(() => entries.map((entry) => toItem(entry, standard)));
}

function toItem(entry: Entry, standard: string): Item {
  const { editor } = standardEditorsRegistry.get(entry.editor);
  return {
    id: entry.id,
    path: entry.id,
    name: entry.name,
    editor,
    override: editor,
    process: entry.process as Item['process'],
    shouldApply: (field: Field) => !entry.numbersOnly || field.type === FieldType.number,
    settings: entry.settings ?? {},
    category: [entry.category ?? standard],
    defaultValue: entry.defaultValue,
  };
}
