// Stands in for a panel type that we do not have: the dashboard stays usable and the panel is saved as it was.

import { useLocale } from '../i18n/context';
import { NoData } from './shared/NoData';
import { panelWithFields } from './shared/panelWithFields';

function UnknownPanel() {
  const { t } = useLocale();
  return <NoData text={t('panel.unknown')} hint={t('panel.unknownHint')} />;
}

export const plugin = panelWithFields(UnknownPanel);
