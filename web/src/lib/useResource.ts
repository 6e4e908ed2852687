// Server state of a page: loads when its key changes, keeps the last good answer while it reloads and when a
// reload fails, and drops answers that were overtaken by a newer question.
import { useCallback, useEffect, useRef, useState } from 'react';
import { isAbort } from '../api/http';

export interface Resource<Data> {
  data: Data | undefined;
  error: unknown;
  loading: boolean;
  /** When `data` arrived. */
  loadedAt: number | undefined;
  reload: () => void;
}

interface State<Data> {
  data: Data | undefined;
  error: unknown;
  loading: boolean;
  loadedAt: number | undefined;
  /** The part of the key that makes older data meaningless, not just old. */
  identity: string;
}

/**
 * `load` runs for each new `key`. As long as `identity` stays the same (a refresh of the same question) the
 * previous answer remains visible. A key of `undefined` means: nothing to load yet.
 */
export function useResource<Data>(
  identity: string,
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<Data>,
): Resource<Data> {
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<State<Data>>(() => emptyState(identity, key !== undefined));
  const latestLoad = useRef(load);
  latestLoad.current = load;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` and `attempt` say when to ask again
  useEffect(() => {
    if (key === undefined) {
      setState(emptyState(identity, false));
      return undefined;
    }
    const controller = new AbortController();
    setState((before) =>
      before.identity === identity ? { ...before, loading: true } : emptyState(identity, true),
    );
    latestLoad
      .current(controller.signal)
      .then((data) => {
        if (!controller.signal.aborted) {
          setState({ data, error: undefined, loading: false, loadedAt: Date.now(), identity });
        }
      })
      .catch((error: unknown) => {
        if (!controller.signal.aborted && !isAbort(error)) {
          setState((before) => ({ ...before, error, loading: false }));
        }
      });
    return () => controller.abort();
  }, [identity, key, attempt]);

  const reload = useCallback(() => setAttempt((count) => count + 1), []);
  const current = state.identity === identity ? state : emptyState<Data>(identity, key !== undefined);
  return {
    data: current.data,
    error: current.error,
    loading: current.loading,
    loadedAt: current.loadedAt,
    reload,
  };
}

function emptyState<Data>(identity: string, loading: boolean): State<Data> {
  return { data: undefined, error: undefined, loading, loadedAt: undefined, identity };
}
