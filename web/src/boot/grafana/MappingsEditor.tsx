// Texts and colours in place of values: one row for each mapping of a value, a range, a pattern or a special value.
import { MappingType, SpecialValueMatch, type StandardEditorProps, type ValueMapping } from '@grafana/data';
import { Button, ColorPicker, IconButton, Input, Select, Stack, useTheme2 } from '@grafana/ui';
import { useLocale } from '../../i18n/context';
import { fromRows, type MappingRow, toRows } from './mappingRows';

export function MappingsEditor({ value, onChange }: StandardEditorProps<ValueMapping[]>) {
  const { t } = useLocale();
  const rows = toRows(value ?? []);
  const save = (next: MappingRow[]) => onChange(fromRows(next));
  return (
    <Stack direction="column" gap={1}>
      {rows.map((row, index) => (
        <MappingRowEditor
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no id and are few
          key={index}
          row={row}
          onChange={(next) => save(rows.map((old, at) => (at === index ? next : old)))}
          onRemove={() => save(rows.filter((_, at) => at !== index))}
        />
      ))}
      <Button
        size="sm"
        variant="secondary"
        icon="plus"
        onClick={() =>
          save([...rows, { type: MappingType.ValueToText, match: String(rows.length), to: '', result: {} }])
        }
      >
        {t('edit.mappingAdd')}
      </Button>
    </Stack>
  );
}

interface RowProps {
  row: MappingRow;
  onChange: (row: MappingRow) => void;
  onRemove: () => void;
}

function MappingRowEditor({ row, onChange, onRemove }: RowProps) {
  const { t } = useLocale();
  const theme = useTheme2();
  const types = [
    { value: MappingType.ValueToText, label: t('edit.mappingValue') },
    { value: MappingType.RangeToText, label: t('edit.mappingRange') },
    { value: MappingType.RegexToText, label: t('edit.mappingRegex') },
    { value: MappingType.SpecialValue, label: t('edit.mappingSpecial') },
  ];
  return (
    <Stack direction="row" gap={0.5} wrap="wrap" alignItems="center">
      <Select
        width={13}
        aria-label={t('edit.mappingType')}
        options={types}
        value={row.type}
        onChange={(choice) =>
          choice.value && onChange({ ...row, type: choice.value, match: firstMatch(choice.value) })
        }
      />
      <MatchEditor row={row} onChange={onChange} />
      <Input
        width={14}
        aria-label={t('edit.mappingText')}
        placeholder={t('edit.mappingText')}
        key={`text ${row.result.text}`}
        defaultValue={row.result.text ?? ''}
        onBlur={(event) =>
          onChange({ ...row, result: { ...row.result, text: event.currentTarget.value || undefined } })
        }
      />
      <ColorPicker
        color={theme.visualization.getColorByName(row.result.color ?? 'gray')}
        enableNamedColors
        onChange={(color) => onChange({ ...row, result: { ...row.result, color } })}
      />
      <IconButton name="trash-alt" aria-label={t('edit.mappingRemove')} onClick={onRemove} />
    </Stack>
  );
}

function firstMatch(type: MappingType): string {
  return type === MappingType.SpecialValue ? SpecialValueMatch.Null : '';
}

function MatchEditor({ row, onChange }: Pick<RowProps, 'row' | 'onChange'>) {
  const { t } = useLocale();
  if (row.type === MappingType.SpecialValue) {
    return (
      <Select
        width={14}
        aria-label={t('edit.mappingMatch')}
        options={Object.values(SpecialValueMatch).map((match) => ({ value: match, label: match }))}
        value={row.match as SpecialValueMatch}
        onChange={(choice) => onChange({ ...row, match: choice.value ?? SpecialValueMatch.Null })}
      />
    );
  }
  const input = (name: 'match' | 'to', label: string) => (
    <Input
      width={name === 'to' || row.type === MappingType.RangeToText ? 8 : 14}
      aria-label={label}
      placeholder={label}
      key={`${name} ${row[name]}`}
      defaultValue={row[name]}
      onBlur={(event) => onChange({ ...row, [name]: event.currentTarget.value })}
    />
  );
  return row.type === MappingType.RangeToText ? (
    <>
      {input('match', t('edit.mappingFrom'))}
      {input('to', t('edit.mappingTo'))}
    </>
  ) : (
    input('match', t('edit.mappingMatch'))
  );
}
