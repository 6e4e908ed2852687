// Option editors that several panels share.
import { type PanelOptionsEditorBuilder, standardEditorsRegistry } from '@grafana/data';
import { VizOrientation } from '@grafana/schema';
import type { SingleValueOptions } from './values';

/** What an option may be, with names. */
export const choices = <Value>(...entries: [Value, string][]) => ({
  options: entries.map(([value, label]) => ({ value, label })),
});

export function addReduceOptions<Options extends SingleValueOptions>(
  builder: PanelOptionsEditorBuilder<Options>,
  { orientation = true } = {},
): void {
  const category = ['Value options'];
  builder
    .addRadio({
      path: 'reduceOptions.values' as never,
      name: 'Show',
      category,
      defaultValue: false as never,
      settings: choices([false as never, 'Calculate'], [true as never, 'All values']),
    })
    .addCustomEditor({
      id: 'reduceOptions.calcs',
      path: 'reduceOptions.calcs' as never,
      name: 'Calculation',
      category,
      editor: standardEditorsRegistry.get('stats-picker').editor,
      defaultValue: ['lastNotNull'] as never,
      showIf: (options) => !options.reduceOptions?.values,
    })
    .addNumberInput({
      path: 'reduceOptions.limit' as never,
      name: 'Limit',
      category,
      settings: { placeholder: '25', integer: true, min: 1 },
      showIf: (options) => Boolean(options.reduceOptions?.values),
    })
    .addTextInput({
      path: 'reduceOptions.fields' as never,
      name: 'Fields',
      description: 'Empty: numeric fields. /.*/: all fields.',
      category,
      defaultValue: '' as never,
    });
  if (orientation) {
    builder.addRadio({
      path: 'orientation' as never,
      name: 'Orientation',
      category: ['Layout'],
      defaultValue: VizOrientation.Auto as never,
      settings: choices(
        [VizOrientation.Auto as never, 'Auto'],
        [VizOrientation.Horizontal as never, 'Horizontal'],
        [VizOrientation.Vertical as never, 'Vertical'],
      ),
    });
  }
}
