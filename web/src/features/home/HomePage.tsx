// What `/` shows: the dashboard that the server names as home, under one line on how the stack is.

import { loadHome } from '../../api/dashboards';
import { NavButton } from '../../components/NavButton';
import { StateMessage } from '../../components/StateMessage';
import { useLocale } from '../../i18n/context';
import { OpenDashboard } from '../dashboard/OpenDashboard';
import { ShopStrip } from './ShopStrip';
import { useStackState } from './useStackState';

export function HomePage() {
  const { t } = useLocale();
  const state = useStackState();
  return (
    <>
      <ShopStrip state={state} withComponents />
      <OpenDashboard
        id="home"
        load={loadHome}
        missing={
          <StateMessage
            icon="apps"
            title={t('home.none')}
            hint={t('home.noneHint')}
            action={<NavButton to="/dashboards">{t('dashboards.title')}</NavButton>}
          />
        }
      />
    </>
  );
}
