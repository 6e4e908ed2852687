// A dashboard by its uid, or a new one.
import { LocationServiceProvider, locationService } from '@grafana/runtime';
import { useEffect } from 'react';
import { useParams } from 'react-router-dom';
import { type LoadedDashboard, loadDashboard } from '../../api/dashboards';
import { ApiError } from '../../api/http';
import { usePreferences } from '../../app/preferences';
import { setGrafanaTheme, startGrafana } from '../../boot/grafana';
import { NavButton } from '../../components/NavButton';
import { ErrorState, LoadingState, StateMessage } from '../../components/StateMessage';
import { emptyDashboard, normalize } from '../../dashboard/model';
import { dataSources } from '../../datasources/frames/service';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { useResource } from '../../lib/useResource';
import { DashboardView } from './DashboardView';
import { adoptAddress } from './useSceneLocation';

async function load(uid: string | undefined, title: string, signal: AbortSignal): Promise<LoadedDashboard> {
  const [loaded] = await Promise.all([
    uid
      ? loadDashboard(uid, signal)
      : { dashboard: emptyDashboard(title), meta: { canSave: true, canEdit: true } },
    dataSources.load(signal),
  ]);
  return { ...loaded, dashboard: normalize(loaded.dashboard) };
}

export function DashboardPage() {
  const { t, language } = useLocale();
  const { mode } = usePreferences();
  const { uid } = useParams();
  startGrafana(language);
  setGrafanaTheme(mode);
  const key = uid ?? 'new';
  const found = useResource(key, key, (signal) => load(uid, t('dashboard.newTitle'), signal));
  useEffect(adoptAddress, []);
  if (found.error !== undefined) {
    const missing = found.error instanceof ApiError && found.error.status === 404;
    return missing ? (
      <StateMessage
        title={t('dashboard.notFound')}
        hint={t('dashboard.notFoundHint')}
        action={<NavButton to="/dashboards">{t('dashboards.title')}</NavButton>}
      />
    ) : (
      <ErrorState message={describeError(found.error, 'dashboard', t)} onRetry={found.reload} />
    );
  }
  if (!found.data || found.loading) {
    return <LoadingState />;
  }
  adoptAddress();
  return (
    <LocationServiceProvider service={locationService}>
      {/* Scenes read the theme once: another theme is another scene. */}
      <DashboardView key={`${key} ${mode} ${found.loadedAt}`} loaded={found.data} onReload={found.reload} />
    </LocationServiceProvider>
  );
}
