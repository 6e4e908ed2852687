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
    const styles = useStyles2(getGridStyles);
    return (
      <div className={styles.grid}>
        <body.Component model={body} />
      </div>
    );
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

/** On narrow screens @grafana/ui undoes the places of panels, which then follow each other: small ones side by side. */
const getGridStyles = (theme: GrafanaTheme2) => ({
  grid: css({
    display: 'flex',
    width: '100%',
    [theme.breakpoints.down('md')]: {
      '.react-grid-layout .react-grid-layout': { display: 'flex', flexWrap: 'wrap', gap: 8 },
      '.react-grid-item': { marginBottom: '0 !important' },
    },
  }),
});

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
