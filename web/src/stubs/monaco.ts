// Stands in for Monaco, which @grafana/ui imports in its code editor and table cell inspector. Editors of this
// application are CodeMirror; a plain text area is enough where the library insists on an editor of its own.
import { createElement } from 'react';

interface EditorProps {
  value?: string;
  onChange?: (value: string | undefined) => void;
}

function TextEditor({ value, onChange }: EditorProps) {
  return createElement('textarea', {
    value,
    readOnly: !onChange,
    spellCheck: false,
    onChange: (event: { target: { value: string } }) => onChange?.(event.target.value),
    style: { width: '100%', height: '100%', fontFamily: 'monospace' },
  });
}

export const loader = {
  config: () => undefined,
  init: () => Promise.reject(new Error('Monaco is not included')),
};
export const Editor = TextEditor;
// biome-ignore lint/style/noDefaultExport: the replaced module has a default export
export default TextEditor;
