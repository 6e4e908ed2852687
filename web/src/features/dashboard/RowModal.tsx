// Title and repetition of a row.
import { Button, Field, Input, Modal, Select } from '@grafana/ui';
import { useState } from 'react';
import type { Dashboard } from '../../dashboard/model';
import { useLocale } from '../../i18n/context';

export interface RowModalProps {
  dashboard: Dashboard;
  rowId: number;
  onClose: () => void;
  onApply: (dashboard: Dashboard) => void;
}

export function RowModal({ dashboard, rowId, onClose, onApply }: RowModalProps) {
  const { t } = useLocale();
  const row = dashboard.panels?.find((panel) => panel.id === rowId && panel.type === 'row');
  const [title, setTitle] = useState(row?.title ?? '');
  const [repeat, setRepeat] = useState(row?.repeat);
  const apply = () =>
    onApply({
      ...dashboard,
      panels: dashboard.panels?.map((panel) => (panel === row ? { ...panel, title, repeat } : panel)),
    });
  return (
    <Modal isOpen title={t('dashboard.rowEdit')} onDismiss={onClose}>
      <Field label={t('edit.title')}>
        <Input value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
      </Field>
      <Field label={t('edit.repeat')}>
        <Select
          isClearable
          aria-label={t('edit.repeat')}
          options={(dashboard.templating?.list ?? []).map(({ name }) => ({ value: name, label: name }))}
          value={repeat ?? null}
          onChange={(choice) => setRepeat(choice?.value)}
        />
      </Field>
      <Modal.ButtonRow>
        <Button variant="secondary" fill="outline" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button onClick={apply}>{t('common.apply')}</Button>
      </Modal.ButtonRow>
    </Modal>
  );
}
