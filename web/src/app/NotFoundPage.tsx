// Any address that is no page.
import { LinkButton } from '@grafana/ui';
import { StateMessage } from '../components/StateMessage';
import { useLocale } from '../i18n/context';

export function NotFoundPage() {
  const { t } = useLocale();
  return (
    <StateMessage
      title={t('common.notFound')}
      hint={t('common.notFoundHint')}
      action={<LinkButton href="/">{t('common.goHome')}</LinkButton>}
    />
  );
}
