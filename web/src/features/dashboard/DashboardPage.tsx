// A dashboard by its uid, or a new one.
import { useParams } from 'react-router-dom';
import { loadDashboard } from '../../api/dashboards';
import { NavButton } from '../../components/NavButton';
import { StateMessage } from '../../components/StateMessage';
import { emptyDashboard } from '../../dashboard/model';
import { useLocale } from '../../i18n/context';
import { OpenDashboard } from './OpenDashboard';

export function DashboardPage() {
  const { t } = useLocale();
  const { uid } = useParams();
  return (
    <OpenDashboard
      id={uid === undefined ? 'new' : `uid ${uid}`}
      load={(signal) =>
        uid === undefined
          ? Promise.resolve({
              dashboard: emptyDashboard(t('dashboard.newTitle')),
              meta: { canSave: true, canEdit: true },
            })
          : loadDashboard(uid, signal)
      }
      missing={
        <StateMessage
          title={t('dashboard.notFound')}
          hint={t('dashboard.notFoundHint')}
          action={<NavButton to="/dashboards">{t('dashboards.title')}</NavButton>}
        />
      }
    />
  );
}
