// Settings of a dashboard: each part by a form, and the whole as JSON for what has none.
import { Alert, Button, Drawer, Stack, Tab, TabsBar } from '@grafana/ui';
import { useState } from 'react';
import { parseImport } from '../../../dashboard/exchange';
import { type Dashboard, normalize } from '../../../dashboard/model';
import { useLocale } from '../../../i18n/context';
import { JsonArea } from '../JsonArea';
import { AnnotationsTab } from './AnnotationsTab';
import { GeneralTab } from './GeneralTab';
import { LinksTab } from './LinksTab';
import { VariablesTab } from './VariablesTab';

export interface SettingsDrawerProps {
  dashboard: Dashboard;
  onClose: () => void;
  onApply: (dashboard: Dashboard) => void;
}

const TABS = ['general', 'variables', 'annotations', 'links', 'json'] as const;
type SettingsTab = (typeof TABS)[number];

export interface TabProps {
  draft: Dashboard;
  onChange: (draft: Dashboard) => void;
}

export function SettingsDrawer({ dashboard, onClose, onApply }: SettingsDrawerProps) {
  const { t } = useLocale();
  const [tab, setTab] = useState<SettingsTab>('general');
  const [draft, setDraft] = useState(dashboard);
  const [json, setJson] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const counts: Partial<Record<SettingsTab, number>> = {
    variables: draft.templating?.list?.length,
    annotations: draft.annotations?.list?.filter((one) => !one.builtIn).length,
    links: draft.links?.length,
  };
  /** What was typed as JSON counts as soon as another tab is opened. */
  const settled = (): Dashboard | undefined => {
    if (json === undefined) {
      return draft;
    }
    const parsed = parseImport(json);
    if (typeof parsed === 'string') {
      setProblem(t(`import.${parsed}`));
      return undefined;
    }
    return normalize({ ...parsed, uid: dashboard.uid, id: dashboard.id, version: dashboard.version });
  };
  const open = (next: SettingsTab) => {
    const settledDraft = settled();
    if (settledDraft) {
      setDraft(settledDraft);
      setJson(undefined);
      setProblem(undefined);
      setTab(next);
    }
  };
  return (
    <Drawer
      title={t('dashboard.settings')}
      size="md"
      onClose={onClose}
      tabs={
        <TabsBar>
          {TABS.map((one) => (
            <Tab
              key={one}
              label={t(`settings.${one}`)}
              counter={counts[one] || undefined}
              active={tab === one}
              onChangeTab={() => open(one)}
            />
          ))}
        </TabsBar>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const applied = settled();
          if (applied) {
            onApply(applied);
          }
        }}
      >
        {tab === 'general' && <GeneralTab draft={draft} onChange={setDraft} />}
        {tab === 'variables' && <VariablesTab draft={draft} onChange={setDraft} />}
        {tab === 'annotations' && <AnnotationsTab draft={draft} onChange={setDraft} />}
        {tab === 'links' && <LinksTab draft={draft} onChange={setDraft} />}
        {tab === 'json' && (
          <>
            <p>{t('settings.jsonHint')}</p>
            {problem && <Alert severity="error" title={problem} />}
            <JsonArea
              label={t('settings.json')}
              value={json ?? JSON.stringify(draft, undefined, 2)}
              rows={28}
              onChange={setJson}
            />
          </>
        )}
        <Stack direction="row" gap={1}>
          <Button type="submit" disabled={draft.title.trim() === ''}>
            {t('common.apply')}
          </Button>
          <Button variant="secondary" fill="outline" onClick={onClose}>
            {t('common.cancel')}
          </Button>
        </Stack>
      </form>
    </Drawer>
  );
}
