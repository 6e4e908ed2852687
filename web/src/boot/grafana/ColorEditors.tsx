// Colours: one colour, or the scheme by which a field gets its colour.
import { type FieldColor, fieldColorModeRegistry, type StandardEditorProps } from '@grafana/data';
import { ColorPicker, Select, Stack, useTheme2 } from '@grafana/ui';

export function ColorEditor({ value, onChange }: StandardEditorProps<string>) {
  const theme = useTheme2();
  return (
    <ColorPicker
      color={theme.visualization.getColorByName(value ?? 'gray')}
      enableNamedColors
      onChange={onChange}
    />
  );
}

export function FieldColorEditor({ value, onChange, item, id }: StandardEditorProps<FieldColor | undefined>) {
  const options = fieldColorModeRegistry
    .list()
    .map((mode) => ({ value: mode.id, label: mode.name, description: mode.description }));
  const mode = value?.mode ?? 'thresholds';
  return (
    <Stack direction="row" gap={1} alignItems="center">
      <Select
        inputId={id}
        aria-label={item.name}
        options={options}
        value={mode}
        onChange={(choice) => choice.value && onChange({ ...value, mode: choice.value })}
      />
      {(mode === 'fixed' || mode === 'shades') && (
        <ColorEditor
          item={item as never}
          context={{ data: [] }}
          value={value?.fixedColor ?? 'gray'}
          onChange={(fixedColor) => onChange({ ...value, mode, fixedColor })}
        />
      )}
    </Stack>
  );
}
