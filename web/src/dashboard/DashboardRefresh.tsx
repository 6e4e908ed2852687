// Refresh and its interval, with a name for the button: the one of scenes shows an icon only.
import { type SceneComponentProps, SceneRefreshPicker, sceneGraph } from '@grafana/scenes';
import { RefreshPicker } from '@grafana/ui';
import { useLocale } from '../i18n/context';

export class DashboardRefresh extends SceneRefreshPicker {
  static override Component = ({ model }: SceneComponentProps<SceneRefreshPicker>) => {
    const { t } = useLocale();
    const { refresh, intervals, autoEnabled, autoValue } = model.useState();
    const running = useIsRunning(model);
    return (
      <RefreshPicker
        isOnCanvas
        showAutoInterval={autoEnabled}
        value={refresh}
        intervals={intervals}
        text={refresh === RefreshPicker.autoOption.value ? autoValue : undefined}
        tooltip={t(running ? 'dashboard.cancelQueries' : 'time.refresh')}
        isLoading={running}
        onRefresh={model.onRefresh}
        onIntervalChanged={model.onIntervalChanged}
      />
    );
  };
}

function useIsRunning(model: SceneRefreshPicker): boolean {
  const controller = sceneGraph.getQueryController(model);
  return Boolean(controller?.useState().isRunning);
}
