// Keyboard shortcuts: one or two keys, as Grafana has them. Pages add their own; the help lists what is there.
import { useEffect, useRef } from 'react';
import type { MessageKey } from '../i18n/translate';

export interface Shortcut {
  /** Keys in order, such as `g h`; `mod+s` is Ctrl or Command. */
  keys: string;
  label: Extract<MessageKey, `shortcuts.${string}`>;
  run: () => void;
}

/** Two keys belong together when they come this soon after each other. */
const PAUSE_MS = 1000;

/** What the active pages offer, for the help. The last one added comes first when keys are the same. */
const active = new Set<{ current: readonly Shortcut[] }>();

export function activeShortcuts(): Shortcut[] {
  const seen = new Set<string>();
  return [...active]
    .flatMap(({ current }) => current)
    .filter(({ keys }) => !seen.has(keys) && seen.add(keys));
}

export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    active.add(latest);
    return () => {
      active.delete(latest);
    };
  }, []);
}

/** Listens for the keys of all active shortcuts; the shell does it once for all pages. */
export function useShortcutKeys(): void {
  useEffect(() => {
    let before: { key: string; at: number } | undefined;
    const onKey = (event: KeyboardEvent) => {
      const key = nameOf(event);
      if (key === undefined || (isTyping(event.target) && !key.startsWith('mod+'))) {
        before = undefined;
        return;
      }
      const recent = before && event.timeStamp - before.at < PAUSE_MS ? `${before.key} ${key}` : undefined;
      const offered = [...active].reverse().flatMap(({ current }) => current);
      const found = offered.find(({ keys }) => keys === recent) ?? offered.find(({ keys }) => keys === key);
      before = found ? undefined : { key, at: event.timeStamp };
      if (found) {
        event.preventDefault();
        found.run();
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

function nameOf({ key, ctrlKey, metaKey, altKey, repeat }: KeyboardEvent): string | undefined {
  if (altKey || repeat || key === 'Shift' || key === 'Control' || key === 'Meta') {
    return undefined;
  }
  const name = key.length === 1 ? key : key.toLowerCase().replace('arrow', '');
  return ctrlKey || metaKey ? `mod+${name}` : name;
}

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return Boolean(
    element?.closest?.('input, textarea, select, [contenteditable="true"], [role="dialog"], [role="menu"]'),
  );
}
