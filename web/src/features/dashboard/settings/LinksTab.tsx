// Links above a dashboard: to an address, or to all dashboards that have certain tags.
import { Field, InlineSwitch, RadioButtonGroup, Stack, TagsInput } from '@grafana/ui';
import type { DashboardLink } from '../../../dashboard/model';
import { useLocale } from '../../../i18n/context';
import { ListEditor } from './ListEditor';
import type { TabProps } from './SettingsDrawer';
import { TextField } from './VariableForm';

const SWITCHES = ['includeVars', 'keepTime', 'targetBlank'] as const;

export function LinksTab({ draft, onChange }: TabProps) {
  const { t } = useLocale();
  return (
    <ListEditor<DashboardLink>
      entries={draft.links ?? []}
      nameOf={({ title, url, tags = [] }) => title || url || tags.join(', ') || t('link.new')}
      detailOf={({ type, url, tags = [] }) => (type === 'link' ? (url ?? '') : tags.join(', '))}
      emptyHint={t('link.none')}
      addText={t('link.add')}
      make={() => ({
        title: t('link.new'),
        type: 'dashboards',
        tags: [],
        url: '',
        icon: 'external link',
        includeVars: true,
        keepTime: true,
      })}
      form={(link, change) => <LinkForm link={link} onChange={change} />}
      onChange={(links) => onChange({ ...draft, links })}
    />
  );
}

function LinkForm({ link, onChange }: { link: DashboardLink; onChange: (link: DashboardLink) => void }) {
  const { t } = useLocale();
  const set = (patch: Partial<DashboardLink>) => onChange({ ...link, ...patch });
  const switches = link.type === 'dashboards' ? ([...SWITCHES, 'asDropdown'] as const) : SWITCHES;
  return (
    <>
      <Field label={t('link.type')}>
        <RadioButtonGroup
          aria-label={t('link.type')}
          options={[
            { value: 'dashboards' as const, label: t('link.type.dashboards') },
            { value: 'link' as const, label: t('link.type.link') },
          ]}
          value={link.type}
          onChange={(type) => set({ type })}
        />
      </Field>
      <TextField
        id="link-title"
        label={t('edit.title')}
        value={link.title}
        onChange={(title) => set({ title })}
      />
      {link.type === 'link' ? (
        <TextField
          id="link-url"
          label={t('edit.linkUrl')}
          hint="/d/ecommerce-logs?var-service=${service}"
          value={link.url ?? ''}
          onChange={(url) => set({ url })}
        />
      ) : (
        <Field label={t('dashboards.tags')}>
          <TagsInput
            id="link-tags"
            tags={link.tags}
            placeholder={t('settings.tagsHint')}
            onChange={(tags) => set({ tags })}
          />
        </Field>
      )}
      <TextField
        id="link-tooltip"
        label={t('link.tooltip')}
        value={link.tooltip ?? ''}
        onChange={(tooltip) => set({ tooltip })}
      />
      <Stack direction="row" gap={1} wrap="wrap">
        {switches.map((name) => (
          <Field key={name}>
            <InlineSwitch
              showLabel
              id={`link-${name}`}
              label={t(`link.${name}`)}
              value={Boolean(link[name])}
              onChange={(event) => set({ [name]: event.currentTarget.checked })}
            />
          </Field>
        ))}
      </Stack>
    </>
  );
}
