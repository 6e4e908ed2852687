// Saving: with a message for the history, as a copy where the original may not be changed, and with a choice when
// somebody else saved in the meantime.
import { Alert, Button, Drawer, Field, Input, Select, Stack, TextArea } from '@grafana/ui';
import { useState } from 'react';
import { type LoadedDashboard, listFolders, saveDashboard } from '../../api/dashboards';
import { ApiError } from '../../api/http';
import type { Dashboard } from '../../dashboard/model';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { useResource } from '../../lib/useResource';

export interface SaveDrawerProps {
  loaded: LoadedDashboard;
  dashboard: Dashboard;
  asCopy: boolean;
  onClose: () => void;
  onSaved: (dashboard: Dashboard, url: string) => void;
}

export function SaveDrawer({ loaded, dashboard, asCopy, onClose, onSaved }: SaveDrawerProps) {
  const { t } = useLocale();
  const isNew = !dashboard.uid || asCopy;
  const [title, setTitle] = useState(asCopy ? t('save.copyOf', { title: dashboard.title }) : dashboard.title);
  const [folderUid, setFolderUid] = useState(loaded.meta.folderUid ?? '');
  const [message, setMessage] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const folders = useResource('folders', isNew ? 'folders' : undefined, listFolders);
  const save = async (overwrite: boolean) => {
    setBusy(true);
    setError(undefined);
    const toSave: Dashboard = isNew
      ? { ...dashboard, title, id: null, uid: asCopy ? null : (dashboard.uid ?? null), version: 0 }
      : { ...dashboard, title };
    try {
      const saved = await saveDashboard({ dashboard: toSave, message, folderUid, overwrite });
      onSaved({ ...toSave, uid: saved.uid, version: saved.version }, saved.url);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const conflict = error instanceof ApiError && error.status === 412;
  return (
    <Drawer
      title={t(asCopy ? 'save.asCopy' : 'save.title')}
      subtitle={dashboard.title}
      size="sm"
      onClose={onClose}
    >
      {asCopy && loaded.meta.provisioned && (
        <Alert severity="info" title={t('dashboard.provisioned')}>
          {t('dashboard.provisionedHint')}
        </Alert>
      )}
      {error !== undefined && (
        <Alert
          severity="error"
          title={
            conflict
              ? t('save.conflict')
              : error instanceof ApiError && error.kind === 'badRequest'
                ? error.message
                : describeError(error, 'dashboard', t)
          }
        >
          {conflict && (
            <Stack direction="column" gap={1}>
              {t('save.conflictHint')}
              <Button size="sm" variant="destructive" onClick={() => void save(true)}>
                {t('save.overwrite')}
              </Button>
            </Stack>
          )}
        </Alert>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save(false);
        }}
      >
        {isNew && (
          <>
            <Field label={t('edit.title')} required>
              <Input
                id="save-title"
                value={title}
                onChange={(event) => setTitle(event.currentTarget.value)}
              />
            </Field>
            <Field label={t('dashboards.folder')}>
              <Select
                inputId="save-folder"
                options={[
                  { value: '', label: t('dashboards.noFolder') },
                  ...(folders.data ?? []).map((folder) => ({ value: folder.uid, label: folder.title })),
                ]}
                value={folderUid}
                onChange={(choice) => setFolderUid(choice.value ?? '')}
              />
            </Field>
          </>
        )}
        <Field label={t('save.message')} description={t('save.messageHint')}>
          <TextArea
            id="save-message"
            rows={3}
            value={message}
            onChange={(event) => setMessage(event.currentTarget.value)}
          />
        </Field>
        <Stack direction="row" gap={1}>
          <Button type="submit" icon="save" disabled={busy || title.trim() === ''}>
            {t('save.save')}
          </Button>
          <Button variant="secondary" fill="outline" onClick={onClose}>
            {t('common.cancel')}
          </Button>
        </Stack>
      </form>
    </Drawer>
  );
}
