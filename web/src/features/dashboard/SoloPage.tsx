// One panel and nothing else, for pages that embed it: Grafana's `/d-solo/<uid>?panelId=<id>`.
import { css } from '@emotion/css';
import { UrlSyncContextProvider, type VizPanel } from '@grafana/scenes';
import { useMemo } from 'react';
import { useParams, useSearchParams } from 'react-router-dom';
import { type LoadedDashboard, loadDashboard } from '../../api/dashboards';
import { StateMessage } from '../../components/StateMessage';
import { toScene } from '../../dashboard/toScene';
import { useLocale } from '../../i18n/context';
import { OpenDashboard } from './OpenDashboard';
import { SceneRoot } from './SceneRoot';
import { noActions, panelByKey } from './useDashboardState';

export function SoloPage() {
  const { t } = useLocale();
  const { uid = '' } = useParams();
  const missing = <StateMessage title={t('dashboard.notFound')} hint={t('dashboard.notFoundHint')} />;
  return (
    <OpenDashboard
      id={`solo ${uid}`}
      load={(signal) => loadDashboard(uid, signal)}
      missing={missing}
      view={(loaded) => <Solo loaded={loaded} />}
    />
  );
}

function Solo({ loaded }: { loaded: LoadedDashboard }) {
  const { t, timeZone } = useLocale();
  const [parameters] = useSearchParams();
  const scene = useMemo(
    () => toScene(loaded.dashboard, { actions: noActions(t), editing: false, timeZone }),
    [loaded, t, timeZone],
  );
  const panel: VizPanel | undefined = panelByKey(scene, parameters.get('panelId') ?? '');
  return panel ? (
    <UrlSyncContextProvider scene={scene}>
      <SceneRoot scene={scene}>
        <div className={BOX}>
          <panel.Component model={panel} />
        </div>
      </SceneRoot>
    </UrlSyncContextProvider>
  ) : (
    <StateMessage title={t('dashboard.noPanel')} hint={t('dashboard.notFoundHint')} />
  );
}

const BOX = css({ display: 'flex', height: '100vh' });
