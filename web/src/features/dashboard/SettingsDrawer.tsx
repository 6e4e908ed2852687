// Settings of a dashboard, and its whole JSON for everything that has no form.
import {
  Alert,
  Button,
  Drawer,
  Field,
  Input,
  Select,
  Stack,
  Tab,
  TabsBar,
  TagsInput,
  TextArea,
} from '@grafana/ui';
import { useState } from 'react';
import { parseImport } from '../../dashboard/exchange';
import { type Dashboard, normalize } from '../../dashboard/model';
import { useLocale } from '../../i18n/context';
import { JsonArea } from './JsonArea';

export interface SettingsDrawerProps {
  dashboard: Dashboard;
  onClose: () => void;
  onApply: (dashboard: Dashboard) => void;
}

export function SettingsDrawer({ dashboard, onClose, onApply }: SettingsDrawerProps) {
  const { t } = useLocale();
  const [tab, setTab] = useState<'general' | 'json'>('general');
  return (
    <Drawer
      title={t('dashboard.settings')}
      size="md"
      onClose={onClose}
      tabs={
        <TabsBar>
          <Tab
            label={t('settings.general')}
            active={tab === 'general'}
            onChangeTab={() => setTab('general')}
          />
          <Tab label={t('settings.json')} active={tab === 'json'} onChangeTab={() => setTab('json')} />
        </TabsBar>
      }
    >
      {tab === 'general' ? (
        <General dashboard={dashboard} onApply={onApply} />
      ) : (
        <JsonModel dashboard={dashboard} onApply={onApply} />
      )}
    </Drawer>
  );
}

type FormProps = Pick<SettingsDrawerProps, 'dashboard' | 'onApply'>;

function General({ dashboard, onApply }: FormProps) {
  const { t } = useLocale();
  const [draft, setDraft] = useState(dashboard);
  const set = (patch: Partial<Dashboard>) => setDraft({ ...draft, ...patch });
  const from = draft.time?.from ?? 'now-6h';
  const to = draft.time?.to ?? 'now';
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onApply(draft);
      }}
    >
      <Field label={t('edit.title')} required>
        <Input
          id="settings-title"
          value={draft.title}
          onChange={(event) => set({ title: event.currentTarget.value })}
        />
      </Field>
      <Field label={t('edit.description')}>
        <TextArea
          rows={3}
          value={draft.description ?? ''}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
      </Field>
      <Field label={t('dashboards.tags')}>
        <TagsInput
          tags={draft.tags}
          placeholder={t('settings.tagsHint')}
          onChange={(tags) => set({ tags })}
        />
      </Field>
      <Stack direction="row" gap={2}>
        <Field label={t('settings.from')}>
          <Input value={from} onChange={(event) => set({ time: { from: event.currentTarget.value, to } })} />
        </Field>
        <Field label={t('settings.to')}>
          <Input value={to} onChange={(event) => set({ time: { from, to: event.currentTarget.value } })} />
        </Field>
        <Field label={t('settings.refresh')}>
          <Input
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
      <Button type="submit" disabled={draft.title.trim() === ''}>
        {t('common.apply')}
      </Button>
    </form>
  );
}

function JsonModel({ dashboard, onApply }: FormProps) {
  const { t } = useLocale();
  const [text, setText] = useState(() => JSON.stringify(dashboard, undefined, 2));
  const [problem, setProblem] = useState<string>();
  const apply = () => {
    const parsed = parseImport(text);
    if (typeof parsed === 'string') {
      setProblem(t(`import.${parsed}`));
    } else {
      onApply(normalize({ ...parsed, uid: dashboard.uid, id: dashboard.id, version: dashboard.version }));
    }
  };
  return (
    <>
      <p>{t('settings.jsonHint')}</p>
      {problem && <Alert severity="error" title={problem} />}
      <JsonArea label={t('settings.json')} value={text} rows={28} onChange={setText} />
      <Button onClick={apply}>{t('common.apply')}</Button>
    </>
  );
}
