// Every component of the stack: how it is, where it listens, and its log lines.
import { Card } from '../../components/Card';
import { PageToolbar } from '../../components/PageToolbar';
import { ErrorState, LoadingState, StateMessage } from '../../components/StateMessage';
import { useLocale } from '../../i18n/context';
import { ShopStrip } from '../home/ShopStrip';
import { useStackState } from '../home/useStackState';
import { ComponentCards } from './ComponentCards';

export function ServicesPage() {
  const { t, format } = useLocale();
  const state = useStackState();
  const { health, problem } = state;
  const components = health.data?.components;
  const up = components?.filter((component) => component.status === 'up').length ?? 0;
  return (
    <>
      <PageToolbar
        title={t('nav.services')}
        detail={
          health.data && t('common.updated', { time: format.clock(Date.parse(health.data.checked_at)) })
        }
      />
      <ShopStrip state={state} />
      <Card
        title={t('home.components')}
        hint={components && t('home.componentsUp', { up, total: components.length })}
      >
        {!components ? (
          problem === undefined ? (
            <LoadingState compact />
          ) : (
            <ErrorState compact message={problem} onRetry={health.reload} />
          )
        ) : components.length > 0 ? (
          <ComponentCards components={components} />
        ) : (
          <StateMessage compact title={t('home.componentsEmpty')} hint={t('home.componentsEmptyHint')} />
        )}
      </Card>
    </>
  );
}
