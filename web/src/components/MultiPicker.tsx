// Several values out of a list. Gives MultiCombobox an accessible name and the height of the inputs beside it,
// both of which it lacks.
import { css } from '@emotion/css';
import { type ComboboxOption, MultiCombobox } from '@grafana/ui';
import { useId } from 'react';

export interface MultiPickerProps {
  /** For a label elsewhere; without one, `label` is read out but not seen. */
  id?: string;
  label: string;
  placeholder: string;
  options: ComboboxOption<string>[];
  value: string[];
  disabled?: boolean;
  onChange: (values: string[]) => void;
}

export function MultiPicker({
  id,
  label,
  placeholder,
  options,
  value,
  disabled,
  onChange,
}: MultiPickerProps) {
  const labelId = useId();
  return (
    <div className={BOX}>
      <span id={labelId} hidden>
        {label}
      </span>
      <MultiCombobox
        id={id}
        aria-labelledby={labelId}
        isClearable
        disabled={disabled}
        placeholder={placeholder}
        options={options}
        value={value}
        onChange={(chosen) => onChange(chosen.map((option) => option.value))}
      />
    </div>
  );
}

const BOX = css({ minWidth: 0, '& > div > div:first-of-type': { minHeight: 32 } });
