// Providers around the pages, and which page an address shows. Pages load when they are first opened.
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { lazy, Suspense } from 'react';
import { BrowserRouter, Navigate, Route, Routes, useParams } from 'react-router-dom';
import { LoadingState } from '../components/StateMessage';
import type { Language } from '../i18n/translate';
import { CrashBoundary } from './CrashBoundary';
import { NotFoundPage } from './NotFoundPage';
import { PreferencesProvider } from './preferences';
import { ROUTER_FUTURE } from './router';
import { Shell } from './Shell';
import { RequireLogin, RequireWriter, SessionProvider } from './session';

const HomePage = lazy(() =>
  import('../features/home/HomePage').then((module) => ({ default: module.HomePage })),
);
const LogsPage = lazy(() =>
  import('../features/logs/LogsPage').then((module) => ({ default: module.LogsPage })),
);
const TracesPage = lazy(() =>
  import('../features/traces/TracesPage').then((module) => ({ default: module.TracesPage })),
);
const TracePage = lazy(() =>
  import('../features/traces/TracePage').then((module) => ({ default: module.TracePage })),
);
const DashboardsPage = lazy(() =>
  import('../features/dashboards/DashboardsPage').then((module) => ({ default: module.DashboardsPage })),
);
const ImportPage = lazy(() =>
  import('../features/dashboards/ImportPage').then((module) => ({ default: module.ImportPage })),
);
const DashboardPage = lazy(() =>
  import('../features/dashboard/DashboardPage').then((module) => ({ default: module.DashboardPage })),
);
const ExplorePage = lazy(() =>
  import('../features/explore/ExplorePage').then((module) => ({ default: module.ExplorePage })),
);
const ServicesPage = lazy(() =>
  import('../features/services/ServicesPage').then((module) => ({ default: module.ServicesPage })),
);
const SoloPage = lazy(() =>
  import('../features/dashboard/SoloPage').then((module) => ({ default: module.SoloPage })),
);
const DataSourcesPage = lazy(() =>
  import('../features/sources/DataSourcesPage').then((module) => ({ default: module.DataSourcesPage })),
);
const ProfilePage = lazy(() =>
  import('../features/profile/ProfilePage').then((module) => ({ default: module.ProfilePage })),
);
const LoginPage = lazy(() =>
  import('../features/login/LoginPage').then((module) => ({ default: module.LoginPage })),
);

export function App({ language }: { language: Language }) {
  return (
    <PreferencesProvider language={language}>
      <GlobalStyles />
      <PortalContainer />
      <CrashBoundary>
        <BrowserRouter future={ROUTER_FUTURE}>
          <SessionProvider>
            <Suspense fallback={<LoadingState />}>
              <Routes>
                <Route path="/login" element={<LoginPage />} />
                <Route
                  path="/d-solo/:uid/:slug?"
                  element={
                    <RequireLogin>
                      <SoloPage />
                    </RequireLogin>
                  }
                />
                <Route
                  element={
                    <RequireLogin>
                      <Shell />
                    </RequireLogin>
                  }
                >
                  <Route index element={<HomePage />} />
                  <Route path="/services" element={<ServicesPage />} />
                  <Route path="/logs" element={<LogsPage />} />
                  <Route path="/traces" element={<TracesPage />} />
                  <Route path="/explore" element={<ExplorePage />} />
                  <Route path="/trace/:traceId" element={<TracePage />} />
                  <Route path="/dashboards" element={<DashboardsPage />} />
                  <Route path="/dashboards/f/:folderUid/:slug?" element={<FolderRedirect />} />
                  <Route
                    path="/dashboard/new"
                    element={
                      <RequireWriter>
                        <DashboardPage />
                      </RequireWriter>
                    }
                  />
                  <Route
                    path="/dashboard/import"
                    element={
                      <RequireWriter>
                        <ImportPage />
                      </RequireWriter>
                    }
                  />
                  <Route path="/profile" element={<ProfilePage />} />
                  <Route path="/connections/datasources" element={<DataSourcesPage />} />
                  <Route path="/datasources" element={<Navigate to="/connections/datasources" replace />} />
                  <Route path="/d/:uid/:slug?" element={<DashboardPage />} />
                  <Route path="*" element={<NotFoundPage />} />
                </Route>
              </Routes>
            </Suspense>
          </SessionProvider>
        </BrowserRouter>
      </CrashBoundary>
    </PreferencesProvider>
  );
}

/** Grafana's address of a folder. */
function FolderRedirect() {
  const { folderUid = '' } = useParams();
  return <Navigate to={`/dashboards?folder=${encodeURIComponent(folderUid)}`} replace />;
}
