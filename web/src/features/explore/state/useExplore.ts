// The panes of Explore, read from the address and written back to it.
import { useCallback, useMemo } from 'react';
import { useNavigate, useSearchParams } from 'react-router-dom';
import { exploreAddress, readPanes } from './address';
import { type KeyedPane, otherKey, type Pane } from './model';

export interface Explore {
  panes: KeyedPane[];
  isSplit: boolean;
  /** `replace`: a matter of looks that is no step to go back to. */
  update: (key: string, change: Partial<Pane>, replace?: boolean) => void;
  updateAll: (change: Partial<Pane>) => void;
  close: (key: string) => void;
  /** Where a link leads that shows `pane` beside the pane `key`. */
  besideAddress: (key: string, pane: Pane) => string;
  /** Where a link leads that shows `pane` in place of the pane `key`. */
  insteadAddress: (key: string, pane: Pane) => string;
  address: string;
}

export function useExplore(): Explore {
  const [parameters] = useSearchParams();
  const navigate = useNavigate();
  const source = parameters.toString();
  const panes = useMemo(() => readPanes(new URLSearchParams(source)), [source]);

  const show = useCallback(
    (next: KeyedPane[], replace = false) => navigate(exploreAddress(next), { replace }),
    [navigate],
  );
  const update = useCallback(
    (key: string, change: Partial<Pane>, replace = false) =>
      show(
        // Several changes may come from one event, before the page has rendered: the address knows them all.
        readPanes(new URLSearchParams(window.location.search)).map((keyed) =>
          keyed.key === key ? { key, pane: { ...keyed.pane, ...change } } : keyed,
        ),
        replace,
      ),
    [show],
  );
  const updateAll = useCallback(
    (change: Partial<Pane>) => show(panes.map(({ key, pane }) => ({ key, pane: { ...pane, ...change } }))),
    [show, panes],
  );
  const close = useCallback((key: string) => show(panes.filter((keyed) => keyed.key !== key)), [show, panes]);
  const besideAddress = useCallback(
    (key: string, pane: Pane) => {
      const own = panes.find((keyed) => keyed.key === key);
      const beside = { key: otherKey(key), pane };
      const both = own ? [own, beside] : [beside];
      return exploreAddress(both.sort((left, right) => (left.key < right.key ? -1 : 1)));
    },
    [panes],
  );
  const insteadAddress = useCallback(
    (key: string, pane: Pane) =>
      exploreAddress(panes.map((keyed) => (keyed.key === key ? { key, pane } : keyed))),
    [panes],
  );
  return {
    panes,
    isSplit: panes.length > 1,
    update,
    updateAll,
    close,
    besideAddress,
    insteadAddress,
    address: exploreAddress(panes),
  };
}
