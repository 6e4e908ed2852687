// Any address that is no page.
import { NavButton } from '../components/NavButton';
import { StateMessage } from '../components/StateMessage';
import { useLocale } from '../i18n/context';

export function NotFoundPage() {
  const { t } = useLocale();
  return (
    <StateMessage
      title={t('common.notFound')}
      hint={t('common.notFoundHint')}
      action={<NavButton to="/">{t('common.goHome')}</NavButton>}
    />
  );
}
