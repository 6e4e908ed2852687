// Name, tags, time and behaviour of a dashboard.
import { Field, InlineSwitch, Input, Select, Stack, TagsInput, TextArea } from '@grafana/ui';
import type { Dashboard } from '../../../dashboard/model';
import { useLocale } from '../../../i18n/context';
import type { TabProps } from './SettingsDrawer';

export function GeneralTab({ draft, onChange }: TabProps) {
  const { t } = useLocale();
  const set = (patch: Partial<Dashboard>) => onChange({ ...draft, ...patch });
  const from = draft.time?.from ?? 'now-6h';
  const to = draft.time?.to ?? 'now';
  return (
    <>
      <Field label={t('edit.title')} required>
        <Input
          id="settings-title"
          value={draft.title}
          onChange={(event) => set({ title: event.currentTarget.value })}
        />
      </Field>
      <Field label={t('edit.description')}>
        <TextArea
          id="settings-description"
          rows={3}
          value={draft.description ?? ''}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
      </Field>
      <Field label={t('dashboards.tags')}>
        <TagsInput
          id="settings-tags"
          tags={draft.tags}
          placeholder={t('settings.tagsHint')}
          onChange={(tags) => set({ tags })}
        />
      </Field>
      <Stack direction="row" gap={2} wrap="wrap">
        <Field label={t('settings.from')}>
          <Input
            id="settings-from"
            width={16}
            value={from}
            onChange={(event) => set({ time: { from: event.currentTarget.value, to } })}
          />
        </Field>
        <Field label={t('settings.to')}>
          <Input
            id="settings-to"
            width={16}
            value={to}
            onChange={(event) => set({ time: { from, to: event.currentTarget.value } })}
          />
        </Field>
        <Field label={t('settings.refresh')}>
          <Input
            id="settings-refresh"
            width={12}
            value={typeof draft.refresh === 'string' ? draft.refresh : ''}
            placeholder="10s"
            onChange={(event) => set({ refresh: event.currentTarget.value })}
          />
        </Field>
      </Stack>
      <Field label={t('settings.timeZone')}>
        <Select
          aria-label={t('settings.timeZone')}
          allowCustomValue
          options={[
            { value: 'browser', label: t('settings.zoneBrowser') },
            { value: 'utc', label: 'UTC' },
          ]}
          value={draft.timezone || 'browser'}
          onChange={(choice) => set({ timezone: choice.value })}
        />
      </Field>
      <Field label={t('settings.crosshair')}>
        <Select
          aria-label={t('settings.crosshair')}
          options={[
            { value: 0, label: t('settings.crosshairOff') },
            { value: 1, label: t('settings.crosshairOn') },
            { value: 2, label: t('settings.crosshairTooltip') },
          ]}
          value={draft.graphTooltip ?? 0}
          onChange={(choice) => set({ graphTooltip: choice.value })}
        />
      </Field>
      <Field>
        <InlineSwitch
          showLabel
          id="settings-editable"
          label={t('settings.editable')}
          value={draft.editable !== false}
          onChange={(event) => set({ editable: event.currentTarget.checked })}
        />
      </Field>
    </>
  );
}
