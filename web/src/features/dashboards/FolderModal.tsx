// A new folder.
import { Alert, Button, Field, Input, Modal } from '@grafana/ui';
import { useState } from 'react';
import { createFolder } from '../../api/dashboards';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';

export function FolderModal({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const { t } = useLocale();
  const [title, setTitle] = useState('');
  const [error, setError] = useState<unknown>();
  return (
    <Modal isOpen title={t('dashboards.newFolder')} onDismiss={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          createFolder(title).then(onCreated, setError);
        }}
      >
        {error !== undefined && <Alert severity="error" title={describeError(error, 'dashboard', t)} />}
        <Field label={t('edit.title')}>
          <Input autoFocus value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
        </Field>
        <Button type="submit" disabled={title.trim() === ''}>
          {t('common.create')}
        </Button>
      </form>
    </Modal>
  );
}
