// The address of a dashboard. Scenes write variables and time range through Grafana's location service, which has a
// history of its own over the browser's: all parameters of the page go through it, so that nobody overwrites anybody.
import { locationService } from '@grafana/runtime';
import { useCallback, useEffect, useState } from 'react';

export interface SceneLocation {
  search: URLSearchParams;
  setParameters: (values: Record<string, string | undefined>, replace?: boolean) => void;
}

/** Tells the service where the router has led the browser. */
export function adoptAddress(): void {
  const here = window.location.pathname + window.location.search;
  const { pathname, search } = locationService.getLocation();
  if (pathname + search !== here) {
    locationService.getHistory().replace(here, window.history.state);
  }
}

export function useSceneLocation(): SceneLocation {
  const [search, setSearch] = useState(window.location.search);
  useEffect(
    () => locationService.getHistory().listen((location: { search: string }) => setSearch(location.search)),
    [],
  );
  const setParameters = useCallback((values: Record<string, string | undefined>, replace = false) => {
    locationService.partial(
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? null])),
      replace,
    );
  }, []);
  return { search: new URLSearchParams(search), setParameters };
}
