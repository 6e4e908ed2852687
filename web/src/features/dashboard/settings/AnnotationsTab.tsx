// The annotation queries of a dashboard: marks over the panels at moments when something happened.
import { ColorPicker, Field, InlineSwitch, Input, Stack, TagsInput } from '@grafana/ui';
import type { Annotation } from '../../../dashboard/model';
import { toAnnotationQuery } from '../../../dashboard/toScene';
import { refOf } from '../../../dashboard/variables';
import { GRAFANA } from '../../../datasources/frames/settings';
import { useLocale } from '../../../i18n/context';
import { ListEditor } from './ListEditor';
import type { TabProps } from './SettingsDrawer';
import { SourcePicker } from './SourcePicker';
import { TextField } from './VariableForm';

export function AnnotationsTab({ draft, onChange }: TabProps) {
  const { t } = useLocale();
  const all = draft.annotations?.list ?? [];
  const builtIn = all.filter((annotation) => annotation.builtIn);
  return (
    <ListEditor<Annotation>
      entries={all.filter((annotation) => !annotation.builtIn)}
      nameOf={({ name }) => name}
      detailOf={(annotation) => String(targetOf(annotation).expr ?? targetOf(annotation).tags ?? '')}
      emptyHint={t('annotation.none')}
      addText={t('annotation.add')}
      make={() => ({
        name: t('annotation.new'),
        enable: true,
        iconColor: 'orange',
        datasource: { uid: GRAFANA, type: 'grafana' },
        target: { type: 'tags', tags: [], limit: 100, matchAny: true },
      })}
      form={(annotation, change) => <AnnotationForm annotation={annotation} onChange={change} />}
      onChange={(list) =>
        onChange({ ...draft, annotations: { ...draft.annotations, list: [...builtIn, ...list] } })
      }
    />
  );
}

function targetOf(annotation: Annotation): Record<string, unknown> {
  return toAnnotationQuery(annotation, undefined).target ?? {};
}

interface FormProps {
  annotation: Annotation;
  onChange: (annotation: Annotation) => void;
}

function AnnotationForm({ annotation, onChange }: FormProps) {
  const { t } = useLocale();
  const set = (patch: Partial<Annotation>) => onChange({ ...annotation, ...patch });
  const ask = (patch: Record<string, unknown>) => set({ target: { ...annotation.target, ...patch } });
  const target = targetOf(annotation);
  const reference = refOf(annotation.datasource);
  return (
    <>
      <Stack direction="row" gap={2} wrap="wrap">
        <Field label={t('annotation.name')}>
          <Input
            id="annotation-name"
            width={30}
            value={annotation.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
        </Field>
        <Field label={t('annotation.color')}>
          <ColorPicker color={annotation.iconColor} onChange={(iconColor) => set({ iconColor })} />
        </Field>
      </Stack>
      <Stack direction="row" gap={2} wrap="wrap">
        <Field>
          <InlineSwitch
            showLabel
            id="annotation-enable"
            label={t('annotation.enable')}
            value={annotation.enable}
            onChange={(event) => set({ enable: event.currentTarget.checked })}
          />
        </Field>
        <Field>
          <InlineSwitch
            showLabel
            id="annotation-hide"
            label={t('annotation.hide')}
            value={Boolean(annotation.hide)}
            onChange={(event) => set({ hide: event.currentTarget.checked })}
          />
        </Field>
      </Stack>
      <SourcePicker
        withGrafana
        value={annotation.datasource}
        onChange={(datasource) =>
          set({
            datasource,
            expr: undefined,
            target:
              datasource.uid === GRAFANA
                ? { type: 'tags', tags: [], limit: 100, matchAny: true }
                : { refId: 'Anno', queryType: 'range', maxLines: 100 },
          })
        }
      />
      {reference?.type === 'grafana' ? (
        <TagsForm target={target} ask={ask} />
      ) : (
        <TextField
          id="annotation-query"
          label={t(reference?.type === 'tempo' ? 'annotation.traceql' : 'annotation.query')}
          hint={'{job="ecommerce"} | event="fault.enabled"'}
          value={String((reference?.type === 'tempo' ? target.query : target.expr) ?? '')}
          onChange={(text) => ask(reference?.type === 'tempo' ? { query: text } : { expr: text })}
        />
      )}
    </>
  );
}

function TagsForm(props: { target: Record<string, unknown>; ask: (patch: Record<string, unknown>) => void }) {
  const { target, ask } = props;
  const { t } = useLocale();
  return (
    <>
      <Field label={t('annotation.tags')} description={t('annotation.tagsHint')}>
        <TagsInput
          id="annotation-tags"
          tags={(target.tags ?? []) as string[]}
          placeholder={t('settings.tagsHint')}
          onChange={(tags) => ask({ type: tags.length > 0 ? 'tags' : 'dashboard', tags })}
        />
      </Field>
      <Field>
        <InlineSwitch
          showLabel
          id="annotation-any"
          label={t('annotation.matchAny')}
          value={Boolean(target.matchAny)}
          onChange={(event) => ask({ matchAny: event.currentTarget.checked })}
        />
      </Field>
    </>
  );
}
