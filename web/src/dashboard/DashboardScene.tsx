// The root of a dashboard's scene: what its variables, panels and controls hang on.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import {
  type SceneComponentProps,
  type SceneGridLayout,
  type SceneObject,
  SceneObjectBase,
  type SceneObjectState,
  type VizPanel,
} from '@grafana/scenes';
import { useStyles2 } from '@grafana/ui';

export interface DashboardSceneState extends SceneObjectState {
  uid: string;
  title: string;
  filters: SceneObject[];
  timeControls: SceneObject[];
  body: SceneGridLayout;
  /** The panel that is being edited, outside the grid but with the dashboard's variables and time. */
  editPanel?: VizPanel;
}

export class DashboardScene extends SceneObjectBase<DashboardSceneState> {
  static Component = ({ model }: SceneComponentProps<DashboardScene>) => {
    const { body } = model.useState();
    return <body.Component model={body} />;
  };

  setEditing(editing: boolean): void {
    this.state.body.setState({ isDraggable: editing, isResizable: editing });
  }
}

/** Variables and annotations on the left, time and refresh on the right. */
export function SceneControls({ scene }: { scene: DashboardScene }) {
  const styles = useStyles2(getStyles);
  const { filters, timeControls } = scene.useState();
  return (
    <div className={styles.bar}>
      <div className={styles.side}>
        {filters.map((control) => (
          <control.Component key={control.state.key} model={control} />
        ))}
      </div>
      <div className={styles.time}>
        {timeControls.map((control) => (
          <control.Component key={control.state.key} model={control} />
        ))}
      </div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const side = { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) } as const;
  return {
    bar: css({
      display: 'flex',
      flexWrap: 'wrap',
      justifyContent: 'space-between',
      gap: theme.spacing(1, 2),
      marginBottom: theme.spacing(1),
    }),
    side: css({ ...side, minWidth: 0 }),
    time: css({ ...side, marginLeft: 'auto' }),
  };
};
