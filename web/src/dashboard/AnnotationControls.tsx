// A switch for each annotation query of the dashboard that is not hidden.
import {
  dataLayers,
  type SceneComponentProps,
  SceneDataLayerSet,
  SceneObjectBase,
  type SceneObjectState,
} from '@grafana/scenes';
import { InlineSwitch } from '@grafana/ui';

export class AnnotationControls extends SceneObjectBase<SceneObjectState> {
  static Component = ({ model }: SceneComponentProps<AnnotationControls>) => {
    const { $data } = model.getRoot().useState();
    const layers = $data instanceof SceneDataLayerSet ? $data.state.layers : [];
    return (
      <>
        {layers.map(
          (layer) =>
            layer instanceof dataLayers.AnnotationsDataLayer &&
            !layer.state.isHidden && <LayerSwitch key={layer.state.key} layer={layer} />,
        )}
      </>
    );
  };
}

function LayerSwitch({ layer }: { layer: dataLayers.AnnotationsDataLayer }) {
  const { isEnabled, name } = layer.useState();
  return (
    <InlineSwitch
      showLabel
      id={`annotations-${layer.state.key}`}
      label={name}
      value={Boolean(isEnabled)}
      onChange={() => layer.setState({ isEnabled: !isEnabled })}
    />
  );
}
