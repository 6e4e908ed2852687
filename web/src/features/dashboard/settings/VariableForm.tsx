// One variable: what all types have, and what its type needs.
import { Field, InlineSwitch, Input, Select, Stack } from '@grafana/ui';
import type { ReactNode } from 'react';
import type { Variable } from '../../../dashboard/model';
import { useLocale } from '../../../i18n/context';
import { SourcePicker } from './SourcePicker';
import { VariableQuery } from './VariableQuery';
import { nameProblem, newVariable, VARIABLE_TYPES, type VariableType } from './variable';

export interface VariableFormProps {
  variable: Variable;
  /** Names of the other variables. */
  taken: readonly string[];
  onChange: (variable: Variable) => void;
}

export type SetVariable = (patch: Partial<Variable>) => void;

export function VariableForm({ variable, taken, onChange }: VariableFormProps) {
  const { t } = useLocale();
  const set: SetVariable = (patch) => onChange({ ...variable, ...patch });
  const problem = nameProblem(variable.name, taken);
  return (
    <>
      <Stack direction="row" gap={2} wrap="wrap">
        <Field label={t('variable.type')}>
          <Select
            width={26}
            aria-label={t('variable.type')}
            options={VARIABLE_TYPES.map((type) => ({ value: type, label: t(`variable.type.${type}`) }))}
            value={variable.type as VariableType}
            onChange={(choice) =>
              choice.value && onChange(newVariable(choice.value, variable.name, variable))
            }
          />
        </Field>
        <Field label={t('variable.name')} invalid={problem !== undefined} error={problem && t(problem)}>
          <Input
            id="variable-name"
            width={24}
            value={variable.name}
            onChange={(event) => set({ name: event.currentTarget.value.trim() })}
          />
        </Field>
        <Field label={t('variable.label')}>
          <Input
            id="variable-label"
            width={24}
            value={variable.label ?? ''}
            onChange={(event) => set({ label: event.currentTarget.value })}
          />
        </Field>
        <Field label={t('variable.hide')}>
          <Select
            width={24}
            aria-label={t('variable.hide')}
            options={[
              { value: 0, label: t('variable.hideNothing') },
              { value: 1, label: t('variable.hideLabel') },
              { value: 2, label: t('variable.hideAll') },
            ]}
            value={variable.hide ?? 0}
            onChange={(choice) => set({ hide: choice.value })}
          />
        </Field>
      </Stack>
      <OfItsType variable={variable} set={set} />
    </>
  );
}

function OfItsType({ variable, set }: { variable: Variable; set: SetVariable }): ReactNode {
  const { t } = useLocale();
  const text = typeof variable.query === 'string' ? variable.query : '';
  switch (variable.type) {
    case 'query':
      return (
        <>
          <VariableQuery variable={variable} set={set} />
          <Choosing variable={variable} set={set} />
        </>
      );
    case 'custom':
      return (
        <>
          <TextField
            id="variable-values"
            label={t('variable.values')}
            hint="error, warn, Name : value"
            value={text}
            onChange={(query) => set({ query, current: {} })}
          />
          <Choosing variable={variable} set={set} />
        </>
      );
    case 'interval':
      return <Intervals variable={variable} set={set} />;
    case 'datasource':
      return (
        <>
          <TextField
            id="variable-source-type"
            label={t('variable.sourceType')}
            hint="loki, tempo, prometheus"
            value={text}
            onChange={(query) => set({ query, current: {} })}
          />
          <Choosing variable={variable} set={set} />
        </>
      );
    case 'adhoc':
      return <SourcePicker value={variable.datasource} onChange={(datasource) => set({ datasource })} />;
    default:
      return (
        <TextField
          id="variable-value"
          label={t('variable.value')}
          value={text}
          onChange={(query) => set({ query, current: { value: query, text: query } })}
        />
      );
  }
}

interface TextFieldProps {
  id: string;
  label: string;
  hint?: string;
  value: string;
  onChange: (text: string) => void;
}

export function TextField({ id, label, hint, value, onChange }: TextFieldProps) {
  return (
    <Field label={label}>
      <Input
        id={id}
        placeholder={hint}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </Field>
  );
}

function Choosing({ variable, set }: { variable: Variable; set: SetVariable }) {
  const { t } = useLocale();
  return (
    <>
      <Stack direction="row" gap={2} wrap="wrap">
        <Field>
          <InlineSwitch
            showLabel
            id="variable-multi"
            label={t('variable.multi')}
            value={Boolean(variable.multi)}
            onChange={(event) => set({ multi: event.currentTarget.checked })}
          />
        </Field>
        <Field>
          <InlineSwitch
            showLabel
            id="variable-all"
            label={t('variable.includeAll')}
            value={Boolean(variable.includeAll)}
            onChange={(event) => set({ includeAll: event.currentTarget.checked })}
          />
        </Field>
      </Stack>
      {variable.includeAll && (
        <TextField
          id="variable-all-value"
          label={t('variable.allValue')}
          hint=".+"
          value={variable.allValue ?? ''}
          onChange={(allValue) => set({ allValue: allValue || undefined })}
        />
      )}
    </>
  );
}

function Intervals({ variable, set }: { variable: Variable; set: SetVariable }) {
  const { t } = useLocale();
  return (
    <>
      <TextField
        id="variable-intervals"
        label={t('variable.intervals')}
        hint="1m, 5m, 1h"
        value={typeof variable.query === 'string' ? variable.query : ''}
        onChange={(query) => set({ query, current: {} })}
      />
      <Field>
        <InlineSwitch
          showLabel
          id="variable-auto"
          label={t('variable.auto')}
          value={Boolean(variable.auto)}
          onChange={(event) => set({ auto: event.currentTarget.checked })}
        />
      </Field>
      {variable.auto && (
        <Stack direction="row" gap={2}>
          <Field label={t('variable.autoCount')}>
            <Input
              id="variable-auto-count"
              type="number"
              min={1}
              width={14}
              value={variable.auto_count ?? 30}
              onChange={(event) => set({ auto_count: Number(event.currentTarget.value) || 30 })}
            />
          </Field>
          <Field label={t('variable.autoMin')}>
            <Input
              id="variable-auto-min"
              width={14}
              value={variable.auto_min ?? '10s'}
              onChange={(event) => set({ auto_min: event.currentTarget.value })}
            />
          </Field>
        </Stack>
      )}
    </>
  );
}
