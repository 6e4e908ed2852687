// Loads a dashboard and opens it, wherever it comes from: an address, the home page, nothing yet.
import { LocationServiceProvider, locationService } from '@grafana/runtime';
import { type ReactNode, useEffect } from 'react';
import type { LoadedDashboard } from '../../api/dashboards';
import { ApiError } from '../../api/http';
import { usePreferences } from '../../app/preferences';
import { setGrafanaTheme, startGrafana } from '../../boot/grafana';
import { ErrorState, LoadingState } from '../../components/StateMessage';
import { normalize } from '../../dashboard/model';
import { dataSources } from '../../datasources/frames/service';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { useResource } from '../../lib/useResource';
import { DashboardView } from './DashboardView';
import { adoptAddress } from './useSceneLocation';

export interface OpenDashboardProps {
  /** Another id is another dashboard. */
  id: string;
  /** Undefined when there is none. */
  load: (signal: AbortSignal) => Promise<LoadedDashboard | undefined>;
  missing: ReactNode;
  /** How it is shown, if not as a page of its own. */
  view?: (loaded: LoadedDashboard) => ReactNode;
}

/** Dashboard and data sources are asked for at once; the first panel waits for both. */
async function loadBoth(
  load: OpenDashboardProps['load'],
  signal: AbortSignal,
): Promise<LoadedDashboard | undefined> {
  const [loaded] = await Promise.all([load(signal), dataSources.load(signal)]);
  return loaded && { ...loaded, dashboard: normalize(loaded.dashboard) };
}

export function OpenDashboard({ id, load, missing, view }: OpenDashboardProps) {
  const { t, language } = useLocale();
  const { mode } = usePreferences();
  startGrafana(language);
  setGrafanaTheme(mode);
  const found = useResource(id, id, async (signal) => ({ loaded: await loadBoth(load, signal) }));
  useEffect(adoptAddress, []);
  if (found.error !== undefined) {
    const isGone = found.error instanceof ApiError && found.error.status === 404;
    return isGone ? (
      missing
    ) : (
      <ErrorState message={describeError(found.error, 'dashboard', t)} onRetry={found.reload} />
    );
  }
  if (!found.data || found.loading) {
    return <LoadingState />;
  }
  if (!found.data.loaded) {
    return missing;
  }
  adoptAddress();
  return (
    <LocationServiceProvider service={locationService}>
      {/* Scenes read the theme once: another theme is another scene. */}
      {view ? (
        view(found.data.loaded)
      ) : (
        <DashboardView
          key={`${id} ${mode} ${found.loadedAt}`}
          loaded={found.data.loaded}
          onReload={found.reload}
        />
      )}
    </LocationServiceProvider>
  );
}
