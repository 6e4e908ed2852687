// Nobody loses changes by following a link, going back or closing the tab.
import { locationService } from '@grafana/runtime';
import { ConfirmModal } from '@grafana/ui';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { guardBack } from '../../app/backGuard';
import { useLocale } from '../../i18n/context';

export interface LeaveGuardProps {
  dirty: boolean;
  /** A parameter of the address that belongs to what is guarded; without one, the page itself is. */
  parameter?: string;
}

export function LeaveGuard({ dirty, parameter }: LeaveGuardProps) {
  const { t } = useLocale();
  const navigate = useNavigate();
  const [leave, setLeave] = useState<() => void>();
  const active = useRef(dirty);
  const released = useRef(false);
  active.current = dirty && !released.current;
  useEffect(() => {
    const onUnload = (event: BeforeUnloadEvent) => {
      if (active.current) {
        event.preventDefault();
      }
    };
    const onClick = (event: MouseEvent) => {
      const target = leavingLink(event);
      if (active.current && target) {
        event.preventDefault();
        event.stopPropagation();
        setLeave(() => () => navigate(target));
      }
    };
    const release = guardBack(() => {
      const here = locationService.getLocation();
      const stays = active.current && leavesTo(window.location, here, parameter);
      if (stays) {
        // The browser has gone back already, but nobody else has heard of it: the page returns to where it was.
        locationService.getHistory().push(here.pathname + here.search);
        setLeave(() => () => window.history.back());
      }
      return stays;
    });
    window.addEventListener('beforeunload', onUnload);
    document.addEventListener('click', onClick, { capture: true });
    return () => {
      release();
      window.removeEventListener('beforeunload', onUnload);
      document.removeEventListener('click', onClick, { capture: true });
    };
  }, [navigate, parameter]);
  return (
    <ConfirmModal
      isOpen={leave !== undefined}
      title={t('dashboard.unsaved')}
      body={t('dashboard.unsavedHint')}
      confirmText={t('dashboard.leave')}
      dismissText={t('dashboard.stay')}
      onDismiss={() => setLeave(undefined)}
      onConfirm={() => {
        released.current = true;
        active.current = false;
        setLeave(undefined);
        leave?.();
      }}
    />
  );
}

interface Place {
  pathname: string;
  search: string;
}

export function leavesTo(target: Place, here: Place, parameter: string | undefined): boolean {
  if (target.pathname !== here.pathname) {
    return true;
  }
  const value = (place: Place) => parameter && new URLSearchParams(place.search).get(parameter);
  return value(target) !== value(here);
}

/** Where a click leads, if it leads to another page of this site in this tab. */
function leavingLink(event: MouseEvent): string | undefined {
  const link = (event.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null;
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!link || !plain || link.target === '_blank' || link.download) {
    return undefined;
  }
  const elsewhere = link.pathname !== window.location.pathname && link.origin === window.location.origin;
  return elsewhere ? link.pathname + link.search + link.hash : undefined;
}
