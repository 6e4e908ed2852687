// What a query cost and what was asked of the store.
import { css } from '@emotion/css';
import { Button, ClipboardButton, Drawer } from '@grafana/ui';
import { useState } from 'react';
import { useLocale } from '../../i18n/context';

export interface InspectProps {
  uid: string;
  query: string;
  request: string | undefined;
  figures: Record<string, number>;
}

export function Inspect({ uid, query, request, figures }: InspectProps) {
  const { t } = useLocale();
  const [open, setOpen] = useState(false);
  const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 4 });
  return (
    <>
      <Button
        size="sm"
        variant="secondary"
        icon="info-circle"
        disabled={!request}
        onClick={() => setOpen(true)}
      >
        {t('explore.inspect')}
      </Button>
      {open && request && (
        <Drawer title={t('explore.inspect')} subtitle={uid} onClose={() => setOpen(false)}>
          <h3>{t('explore.inspect.stats')}</h3>
          <table className={TABLE}>
            <tbody>
              {Object.entries(figures).map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{number.format(value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <h3>{t('explore.inspect.query')}</h3>
          <pre className={TEXT}>{query}</pre>
          <h3>{t('explore.inspect.request')}</h3>
          <pre className={TEXT}>{request}</pre>
          <ClipboardButton icon="copy" variant="secondary" getText={() => window.location.origin + request}>
            {t('common.copy')}
          </ClipboardButton>
        </Drawer>
      )}
    </>
  );
}

const TABLE = css({ width: '100%', marginBottom: 16, th: { fontWeight: 400 }, td: { textAlign: 'right' } });
const TEXT = css({ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' });
