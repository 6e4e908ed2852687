// Data links of a field: title, address with variables, new tab or not.
import type { DataLink, StandardEditorProps } from '@grafana/data';
import { Button, IconButton, InlineSwitch, Input, Stack } from '@grafana/ui';
import { useLocale } from '../../i18n/context';

export function LinksEditor({ value, onChange }: StandardEditorProps<DataLink[]>) {
  const { t } = useLocale();
  const links = value ?? [];
  const change = (index: number, patch: Partial<DataLink>) =>
    onChange(links.map((link, at) => (at === index ? { ...link, ...patch } : link)));
  return (
    <Stack direction="column" gap={1}>
      {links.map((link, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: links have no id and are few
        <Stack key={index} direction="column" gap={0.5}>
          <Stack direction="row" gap={0.5} alignItems="center">
            <Input
              aria-label={t('edit.linkTitle')}
              placeholder={t('edit.linkTitle')}
              defaultValue={link.title}
              onBlur={(event) => change(index, { title: event.currentTarget.value })}
            />
            <InlineSwitch
              label={t('edit.linkNewTab')}
              showLabel
              value={Boolean(link.targetBlank)}
              onChange={(event) => change(index, { targetBlank: event.currentTarget.checked })}
            />
            <IconButton
              name="trash-alt"
              aria-label={t('edit.linkRemove')}
              onClick={() => onChange(links.filter((_, at) => at !== index))}
            />
          </Stack>
          <Input
            aria-label={t('edit.linkUrl')}
            placeholder="/trace/${__value.raw}"
            defaultValue={link.url}
            onBlur={(event) => change(index, { url: event.currentTarget.value })}
          />
        </Stack>
      ))}
      <Button
        size="sm"
        variant="secondary"
        icon="plus"
        onClick={() => onChange([...links, { title: '', url: '' }])}
      >
        {t('edit.linkAdd')}
      </Button>
    </Stack>
  );
}
