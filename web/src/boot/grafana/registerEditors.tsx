// Editors of options, by the ids that panels name. @grafana/data ships the registry empty. Readers never see one:
// they load when somebody edits a panel.
import { type StandardEditorProps, standardEditorsRegistry } from '@grafana/data';
import { type ComponentType, lazy, Suspense } from 'react';

const EDITOR_IDS = [
  'text',
  'number',
  'slider',
  'boolean',
  'radio',
  'select',
  'multi-select',
  'stats-picker',
  'unit',
  'color',
  'fieldColor',
  'field-name',
  'links',
  'mappings',
  'thresholds',
] as const;
export type EditorId = (typeof EDITOR_IDS)[number];

function later(id: EditorId): ComponentType<StandardEditorProps> {
  const Editor = lazy(async () => {
    const { EDITORS } = await import('./editors');
    return { default: EDITORS[id] as ComponentType<StandardEditorProps> };
  });
  return (props) => (
    <Suspense fallback={null}>
      <Editor {...props} />
    </Suspense>
  );
}

export function registerEditors(): void {
  standardEditorsRegistry.setInit(() => EDITOR_IDS.map((id) => ({ id, name: id, editor: later(id) })));
}
