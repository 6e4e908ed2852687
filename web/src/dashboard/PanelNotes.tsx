// Beside a panel's title: its description, links and own time range, and a warning about what we cannot do for it.
import { css } from '@emotion/css';
import { renderMarkdown } from '@grafana/data';
import {
  type SceneComponentProps,
  SceneObjectBase,
  type SceneObjectState,
  sceneGraph,
} from '@grafana/scenes';
import { Dropdown, Icon, IconButton, Menu, PanelChrome, Tooltip } from '@grafana/ui';
import { useLocale } from '../i18n/context';
import { unknownTransformations } from '../transformers';
import { cleanLink } from './links';
import type { Panel } from './model';

interface PanelNotesState extends SceneObjectState {
  panel: Panel;
}

export class PanelNotes extends SceneObjectBase<PanelNotesState> {
  static Component = ({ model }: SceneComponentProps<PanelNotes>) => {
    const { t } = useLocale();
    const { panel } = model.useState();
    const unknown = unknownTransformations(panel.transformations);
    const links = panel.links ?? [];
    const own = panel.hideTimeOverride
      ? ''
      : [panel.timeFrom, panel.timeShift && `-${panel.timeShift}`].filter(Boolean).join(' ');
    const menu = () => (
      <Menu>
        {links.map((link) => (
          <Menu.Item
            key={`${link.title} ${link.url}`}
            label={sceneGraph.interpolate(model, link.title ?? link.url ?? '')}
            url={cleanLink(sceneGraph.interpolate(model, link.url ?? ''))}
            target={link.targetBlank ? '_blank' : undefined}
          />
        ))}
      </Menu>
    );
    return (
      <>
        {panel.description && <Description panel={model} text={panel.description} />}
        {unknown.length > 0 && (
          <Tooltip content={t('panel.unknownTransformations', { names: unknown.join(', ') })}>
            <PanelChrome.TitleItem>
              <Icon name="exclamation-triangle" />
            </PanelChrome.TitleItem>
          </Tooltip>
        )}
        {own && <PanelChrome.TitleItem>{own}</PanelChrome.TitleItem>}
        {links.length > 0 && (
          <Dropdown overlay={menu}>
            <IconButton name="external-link-alt" aria-label={t('dashboard.panelLinks')} />
          </Dropdown>
        )}
      </>
    );
  };
}

/** Scenes would show it, too, but with a button that has no name. */
function Description({ panel, text }: { panel: PanelNotes; text: string }) {
  const { t } = useLocale();
  const html = renderMarkdown(sceneGraph.interpolate(panel, text));
  // biome-ignore lint/security/noDangerouslySetInnerHtml: the library has sanitized it
  const content = <div dangerouslySetInnerHTML={{ __html: html }} />;
  return (
    <Tooltip content={content} interactive>
      <button type="button" className={DESCRIPTION} aria-label={t('panel.description')}>
        <Icon name="info-circle" />
      </button>
    </Tooltip>
  );
}

const DESCRIPTION = css({
  display: 'inline-flex',
  padding: 4,
  border: 'none',
  background: 'none',
  color: 'inherit',
  cursor: 'help',
});
