// Options of the two panels of states.

import { FieldColorModeId, type PanelProps } from '@grafana/data';
import { commonOptionsBuilder } from '@grafana/ui';
import type { ComponentType } from 'react';
import { panelWithFields } from './panelWithFields';
import type { StatesOptions } from './StatesPanel';

export function statesPlugin(component: ComponentType<PanelProps<StatesOptions>>, joined: boolean) {
  return panelWithFields<StatesOptions>(component, {
    standardOptions: {
      color: {
        defaultValue: { mode: joined ? FieldColorModeId.ContinuousGrYlRd : FieldColorModeId.Thresholds },
        settings: { byValueSupport: true },
      },
    } as never,
    useCustomConfig: (builder) => commonOptionsBuilder.addHideFrom(builder as never),
  }).setPanelOptions((builder) => {
    const category = [joined ? 'State timeline' : 'Status history'];
    if (joined) {
      builder.addBooleanSwitch({
        path: 'mergeValues',
        name: 'Merge equal consecutive values',
        category,
        defaultValue: true,
      });
    }
    builder
      .addRadio({
        path: 'showValue',
        name: 'Show values',
        category,
        defaultValue: 'auto',
        settings: {
          options: [
            { value: 'auto', label: 'Auto' },
            { value: 'always', label: 'Always' },
            { value: 'never', label: 'Never' },
          ],
        },
      })
      .addSliderInput({
        path: 'rowHeight',
        name: 'Row height',
        category,
        defaultValue: 0.9,
        settings: { min: 0.1, max: 1, step: 0.05 },
      });
    commonOptionsBuilder.addLegendOptions(builder as never, false);
  });
}
