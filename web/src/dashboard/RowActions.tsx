// Rename and remove a row, in edit mode.
import { type SceneComponentProps, SceneObjectBase, type SceneObjectState } from '@grafana/scenes';
import { IconButton } from '@grafana/ui';
import { useLocale } from '../i18n/context';
import type { PanelActions } from './toVizPanel';

interface RowActionsState extends SceneObjectState {
  rowId: number;
  actions: PanelActions;
}

export class RowActions extends SceneObjectBase<RowActionsState> {
  static Component = ({ model }: SceneComponentProps<RowActions>) => {
    const { t } = useLocale();
    const { rowId, actions } = model.useState();
    return (
      <>
        <IconButton name="cog" aria-label={t('dashboard.rowEdit')} onClick={() => actions.editRow(rowId)} />
        <IconButton
          name="trash-alt"
          aria-label={t('dashboard.rowRemove')}
          onClick={() => actions.removeRow(rowId)}
        />
      </>
    );
  };
}
