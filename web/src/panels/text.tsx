// A text: Markdown or HTML (cleaned of everything that could act), or code as it is.
import { css } from '@emotion/css';
import { type GrafanaTheme2, PanelPlugin, type PanelProps, renderMarkdown, textUtil } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import { useMemo } from 'react';
import { choices } from './shared/options';

interface TextOptions {
  mode: 'markdown' | 'html' | 'code';
  content: string;
}

function TextPanel({ options, replaceVariables }: PanelProps<TextOptions>) {
  const styles = useStyles2(getStyles);
  const content = replaceVariables(options.content ?? '', {}, options.mode === 'code' ? 'json' : 'html');
  const html = useMemo(
    () => (options.mode === 'html' ? textUtil.sanitize(content) : renderMarkdown(content)),
    [content, options.mode],
  );
  return options.mode === 'code' ? (
    <pre className={styles.code}>{content}</pre>
  ) : (
    // biome-ignore lint/security/noDangerouslySetInnerHtml: both ways above sanitise
    <div className={`markdown-html ${styles.text}`} dangerouslySetInnerHTML={{ __html: html }} />
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  text: css({ height: '100%', overflow: 'auto', '& a': { color: theme.colors.text.link } }),
  code: css({ height: '100%', margin: 0, overflow: 'auto' }),
});

export const plugin = new PanelPlugin<TextOptions>(TextPanel).setPanelOptions((builder) => {
  builder
    .addRadio({
      path: 'mode',
      name: 'Mode',
      category: ['Text'],
      defaultValue: 'markdown',
      settings: choices(['markdown', 'Markdown'], ['html', 'HTML'], ['code', 'Code']),
    })
    .addTextInput({
      path: 'content',
      name: 'Content',
      category: ['Text'],
      defaultValue: '',
      settings: { useTextarea: true, rows: 12 },
    });
});
