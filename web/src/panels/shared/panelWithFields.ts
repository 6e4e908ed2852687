// A panel type whose fields have options (unit, colour, thresholds and its own ones).
import { PanelPlugin, type PanelProps, type SetFieldConfigOptionsArgs } from '@grafana/data';
import type { ComponentType } from 'react';

export function panelWithFields<Options = object, Fields extends object = object>(
  component: ComponentType<PanelProps<Options>>,
  config?: SetFieldConfigOptionsArgs<Fields>,
): PanelPlugin<Options, Fields> {
  // biome-ignore lint/correctness/useHookAtTopLevel: a method of Grafana's that is named like a hook and is none
  return new PanelPlugin<Options, Fields>(component).useFieldConfig(config);
}
