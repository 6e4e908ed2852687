// Steps at which a value changes its colour.
import {
  type StandardEditorProps,
  type Threshold,
  type ThresholdsConfig,
  ThresholdsMode,
} from '@grafana/data';
import { Button, ColorPicker, IconButton, Input, RadioButtonGroup, Stack, useTheme2 } from '@grafana/ui';
import { useLocale } from '../../i18n/context';
import { sortedSteps } from './thresholdSteps';

export function ThresholdsEditor({ value, onChange }: StandardEditorProps<ThresholdsConfig>) {
  const { t } = useLocale();
  const theme = useTheme2();
  const mode = value?.mode ?? ThresholdsMode.Absolute;
  const steps = sortedSteps(value?.steps);
  const change = (index: number, patch: Partial<Threshold>) =>
    onChange({
      mode,
      steps: sortedSteps(steps.map((step, at) => (at === index ? { ...step, ...patch } : step))),
    });
  const add = () => {
    const last = steps.at(-1)?.value ?? 0;
    onChange({ mode, steps: [...steps, { value: Number.isFinite(last) ? last + 10 : 80, color: 'red' }] });
  };
  return (
    <Stack direction="column" gap={0.5}>
      {steps
        .map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have no id and are few
          <Stack key={index} direction="row" gap={1} alignItems="center">
            <ColorPicker
              color={theme.visualization.getColorByName(step.color)}
              enableNamedColors
              onChange={(color) => change(index, { color })}
            />
            {index === 0 ? (
              <Input aria-label={t('edit.thresholdBase')} value={t('edit.thresholdBase')} disabled />
            ) : (
              <Input
                type="number"
                aria-label={t('edit.thresholdFrom', { index })}
                key={step.value}
                defaultValue={step.value}
                suffix={mode === ThresholdsMode.Percentage ? '%' : undefined}
                onBlur={(event) => change(index, { value: Number(event.currentTarget.value) || 0 })}
              />
            )}
            {index > 0 && (
              <IconButton
                name="trash-alt"
                aria-label={t('edit.thresholdRemove', { index })}
                onClick={() => onChange({ mode, steps: steps.filter((_, at) => at !== index) })}
              />
            )}
          </Stack>
        ))
        .reverse()}
      <Stack direction="row" gap={1} justifyContent="space-between" wrap="wrap">
        <Button size="sm" variant="secondary" icon="plus" onClick={add}>
          {t('edit.thresholdAdd')}
        </Button>
        <RadioButtonGroup
          size="sm"
          options={[
            { value: ThresholdsMode.Absolute, label: t('edit.absolute') },
            { value: ThresholdsMode.Percentage, label: t('edit.percentage') },
          ]}
          value={mode}
          onChange={(next) => onChange({ mode: next, steps })}
        />
      </Stack>
    </Stack>
  );
}
