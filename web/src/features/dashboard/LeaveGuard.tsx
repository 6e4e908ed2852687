// Nobody loses changes by following a link or closing the tab.
import { ConfirmModal } from '@grafana/ui';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { useLocale } from '../../i18n/context';

export function LeaveGuard({ dirty }: { dirty: boolean }) {
  const { t } = useLocale();
  const navigate = useNavigate();
  const [target, setTarget] = useState<string>();
  const active = useRef(dirty);
  active.current = dirty;
  useEffect(() => {
    const onUnload = (event: BeforeUnloadEvent) => {
      if (active.current) {
        event.preventDefault();
      }
    };
    const onClick = (event: MouseEvent) => {
      const link = (event.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null;
      const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
      const leaves =
        link &&
        plain &&
        link.target !== '_blank' &&
        !link.download &&
        link.pathname !== window.location.pathname;
      if (active.current && leaves && link.origin === window.location.origin) {
        event.preventDefault();
        event.stopPropagation();
        setTarget(link.pathname + link.search + link.hash);
      }
    };
    window.addEventListener('beforeunload', onUnload);
    document.addEventListener('click', onClick, { capture: true });
    return () => {
      window.removeEventListener('beforeunload', onUnload);
      document.removeEventListener('click', onClick, { capture: true });
    };
  }, []);
  return (
    <ConfirmModal
      isOpen={target !== undefined}
      title={t('dashboard.unsaved')}
      body={t('dashboard.unsavedHint')}
      confirmText={t('dashboard.leave')}
      dismissText={t('dashboard.stay')}
      onDismiss={() => setTarget(undefined)}
      onConfirm={() => {
        active.current = false;
        if (target) {
          navigate(target);
        }
      }}
    />
  );
}
