// Whoever must be asked before the browser's Back takes effect. The listener stands before the router's, which would
// have taken the page away by the time anybody else hears of it: hence installed at the start, and no later.

/** Handles a step in the history itself; true when nobody else may hear of it. */
type BackGuard = () => boolean;

const guards = new Set<BackGuard>();

export function installBackGuard(): void {
  window.addEventListener(
    'popstate',
    (event) => {
      if ([...guards].some((guard) => guard())) {
        event.stopImmediatePropagation();
      }
    },
    { capture: true },
  );
}

export function guardBack(guard: BackGuard): () => void {
  guards.add(guard);
  return () => {
    guards.delete(guard);
  };
}
