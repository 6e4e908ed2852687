// The code editor for queries: colours, completion, the place of a mistake, Ctrl+Enter to run.
import {
  autocompletion,
  type CompletionSource,
  closeBrackets,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap, placeholder as placeholderText, tooltips } from '@codemirror/view';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import { useEffect, useRef } from 'react';
import { languageSupport, type QueryLanguage } from './languages';

export interface QueryMistake {
  /** Into the text. */
  at: number;
  message: string;
}

export interface QueryEditorProps {
  label: string;
  language: QueryLanguage;
  value: string;
  placeholder: string;
  mistake: QueryMistake | undefined;
  complete: CompletionSource;
  onChange: (value: string) => void;
  onRun: (value: string) => void;
}

export function QueryEditor(props: QueryEditorProps) {
  const theme = useTheme2();
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const looks = useRef(new Compartment());
  const { language, label, placeholder, value, mistake } = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme and the value are brought up to date below
  useEffect(() => {
    if (!host.current) {
      return undefined;
    }
    const run = (editor: EditorView) => {
      latest.current.onRun(editor.state.doc.toString());
      return true;
    };
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          Prec.highest(
            keymap.of([
              { key: 'Mod-Enter', run },
              { key: 'Shift-Enter', run },
            ]),
          ),
          history(),
          closeBrackets(),
          bracketMatching(),
          autocompletion({ override: [(context) => latest.current.complete(context)], icons: false }),
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, 'data-query': 'true' }),
          placeholderText(placeholder),
          tooltips({ parent: document.body }),
          looks.current.of([editorTheme(theme), languageSupport(language, theme)]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) {
              latest.current.onChange(update.state.doc.toString());
            }
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, [language, label, placeholder]);

  useEffect(() => {
    view.current?.dispatch({
      effects: looks.current.reconfigure([editorTheme(theme), languageSupport(language, theme)]),
    });
  }, [theme, language]);
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== value) {
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
    }
  }, [value]);
  useEffect(() => {
    const editor = view.current;
    if (editor) {
      const length = editor.state.doc.length;
      const from = Math.min(mistake?.at ?? 0, Math.max(0, length - 1));
      const to = Math.min(length, from + 1);
      editor.dispatch(
        setDiagnostics(
          editor.state,
          mistake ? [{ from, to, severity: 'error', message: mistake.message }] : [],
        ),
      );
    }
  }, [mistake]);
  return <div ref={host} className={BOX} />;
}

/** Where a message such as "parse error at line 1, col 5: …" points to. */
export function mistakeIn(message: string | undefined, text: string): QueryMistake | undefined {
  const found = /at line (\d+), col (\d+)/.exec(message ?? '');
  if (!found || message === undefined) {
    return undefined;
  }
  const lines = text.split('\n').slice(0, Number(found[1]) - 1);
  const before = lines.reduce((sum, line) => sum + line.length + 1, 0);
  return { at: Math.max(0, before + Number(found[2]) - 1), message };
}

function editorTheme(theme: GrafanaTheme2) {
  return EditorView.theme(
    {
      '&': { fontSize: theme.typography.body.fontSize, background: theme.components.input.background },
      '&.cm-focused': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: '1px' },
      '.cm-content': {
        fontFamily: theme.typography.fontFamilyMonospace,
        caretColor: theme.colors.text.primary,
        padding: '6px 0',
        minHeight: '32px',
      },
      '.cm-cursor': { borderLeftColor: theme.colors.text.primary },
      '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': {
        background: theme.colors.action.selected,
      },
      '.cm-placeholder': { color: theme.colors.text.disabled },
      '&.cm-editor': { border: `1px solid ${theme.components.input.borderColor}`, borderRadius: '4px' },
      '.cm-tooltip, &.cm-tooltip': {
        background: theme.colors.background.elevated,
        border: `1px solid ${theme.colors.border.weak}`,
        color: theme.colors.text.primary,
      },
      '.cm-tooltip-autocomplete ul li[aria-selected]': {
        background: theme.colors.action.selected,
        color: theme.colors.text.primary,
      },
      '.cm-completionDetail': { color: theme.colors.text.secondary },
    },
    { dark: theme.isDark },
  );
}

const BOX = css({ minWidth: 0, '& .cm-editor': { maxHeight: 200 }, '& .cm-scroller': { overflow: 'auto' } });
