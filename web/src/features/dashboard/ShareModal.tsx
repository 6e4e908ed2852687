// A link to what is on the screen, or the dashboard as a file.
import {
  Alert,
  Button,
  ClipboardButton,
  Field,
  InlineSwitch,
  Input,
  Modal,
  Stack,
  Tab,
  TabsBar,
} from '@grafana/ui';
import { useState } from 'react';
import { shorten } from '../../api/dashboards';
import { download, fileName } from '../../dashboard/csv';
import { toExport } from '../../dashboard/exchange';
import type { Dashboard } from '../../dashboard/model';
import { dataSources } from '../../datasources/frames/service';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { JsonArea } from './JsonArea';

export interface ShareModalProps {
  dashboard: Dashboard;
  panelKey?: string;
  onClose: () => void;
}

export function ShareModal({ dashboard, panelKey, onClose }: ShareModalProps) {
  const { t } = useLocale();
  const [tab, setTab] = useState<'link' | 'embed' | 'export'>('link');
  return (
    <Modal isOpen title={t('share.title')} onDismiss={onClose}>
      <TabsBar>
        <Tab label={t('share.link')} active={tab === 'link'} onChangeTab={() => setTab('link')} />
        {dashboard.uid && (
          <Tab label={t('share.embed')} active={tab === 'embed'} onChangeTab={() => setTab('embed')} />
        )}
        {!panelKey && (
          <Tab label={t('share.export')} active={tab === 'export'} onChangeTab={() => setTab('export')} />
        )}
      </TabsBar>
      <div style={{ paddingTop: 16 }}>
        {tab === 'link' && <ShareLink panelKey={panelKey} />}
        {tab === 'embed' && <Embed uid={dashboard.uid ?? ''} panelKey={panelKey} />}
        {tab === 'export' && <Export dashboard={dashboard} />}
      </div>
    </Modal>
  );
}

function ShareLink({ panelKey }: { panelKey: string | undefined }) {
  const { t } = useLocale();
  const [short, setShort] = useState<string>();
  const [error, setError] = useState<unknown>();
  const address = new URL(window.location.href);
  address.searchParams.delete('editPanel');
  if (panelKey) {
    address.searchParams.set('viewPanel', panelKey);
  }
  const path = (address.pathname + address.search).replace(/^\//, '');
  const makeShort = () =>
    shorten(path).then(
      ({ uid }) => setShort(`${window.location.origin}/goto/${uid}`),
      (failure: unknown) => setError(failure),
    );
  const value = short ?? address.toString();
  return (
    <>
      {error !== undefined && <Alert severity="error" title={describeError(error, 'dashboard', t)} />}
      <Field label={t('share.address')} description={t('share.addressHint')}>
        <Input
          readOnly
          value={value}
          addonAfter={
            <ClipboardButton variant="secondary" icon="copy" getText={() => value}>
              {t('common.copy')}
            </ClipboardButton>
          }
        />
      </Field>
      <Button variant="secondary" icon="link" disabled={short !== undefined} onClick={() => void makeShort()}>
        {t('share.short')}
      </Button>
    </>
  );
}

/** The panel alone, or the dashboard without what surrounds it. */
function Embed({ uid, panelKey }: { uid: string; panelKey: string | undefined }) {
  const { t } = useLocale();
  const address = new URL(window.location.href);
  address.searchParams.delete('editPanel');
  address.searchParams.delete('viewPanel');
  address.pathname = panelKey ? `/d-solo/${uid}` : `/d/${uid}`;
  address.searchParams.set(
    ...((panelKey ? ['panelId', panelKey.replace(/^panel-/, '')] : ['kiosk', '']) as [string, string]),
  );
  const [width, height] = panelKey ? [450, 200] : [1200, 800];
  const html = `<iframe src="${address.toString().replace(/&/g, '&amp;')}" width="${width}" height="${height}" frameborder="0"></iframe>`;
  return (
    <>
      <p>{t('share.embedHint')}</p>
      <JsonArea label={t('share.html')} value={html} rows={4} />
      <ClipboardButton variant="secondary" icon="copy" getText={() => html}>
        {t('common.copy')}
      </ClipboardButton>
    </>
  );
}

function Export({ dashboard }: { dashboard: Dashboard }) {
  const { t } = useLocale();
  const [external, setExternal] = useState(true);
  const json = JSON.stringify(external ? toExport(dashboard, dataSources.listed()) : dashboard, undefined, 2);
  return (
    <>
      <InlineSwitch
        showLabel
        label={t('share.external')}
        value={external}
        onChange={(event) => setExternal(event.currentTarget.checked)}
      />
      <p>{t('share.externalHint')}</p>
      <JsonArea label={t('settings.json')} value={json} rows={12} />
      <Stack direction="row" gap={1}>
        <Button
          icon="download-alt"
          onClick={() => download(fileName(dashboard.title, 'json'), json, 'application/json')}
        >
          {t('share.download')}
        </Button>
        <ClipboardButton variant="secondary" icon="copy" getText={() => json}>
          {t('common.copy')}
        </ClipboardButton>
      </Stack>
    </>
  );
}
