// The whole panel as JSON: for everything that has no form.
import { Alert, Button } from '@grafana/ui';
import { useState } from 'react';
import type { Panel } from '../../dashboard/model';
import { useLocale } from '../../i18n/context';
import { JsonArea } from './JsonArea';

export function PanelJson({ panel, onChange }: { panel: Panel; onChange: (panel: Panel) => void }) {
  const { t } = useLocale();
  const [text, setText] = useState(() => JSON.stringify(panel, undefined, 2));
  const [failed, setFailed] = useState(false);
  const apply = () => {
    try {
      const parsed: unknown = JSON.parse(text);
      if (parsed === null || typeof parsed !== 'object' || typeof (parsed as Panel).type !== 'string') {
        throw new Error('no panel');
      }
      setFailed(false);
      onChange({ ...(parsed as Panel), id: panel.id, gridPos: panel.gridPos });
    } catch {
      setFailed(true);
    }
  };
  return (
    <>
      {failed && <Alert severity="error" title={t('edit.jsonInvalid')} />}
      <JsonArea label={t('settings.json')} value={text} rows={20} invalid={failed} onChange={setText} />
      <Button size="sm" onClick={apply}>
        {t('common.apply')}
      </Button>
    </>
  );
}
