// Search for traces by choosing; the TraceQL it amounts to stands below.
import { css } from '@emotion/css';
import { Button, Combobox, Field, IconButton, Input, RadioButtonGroup } from '@grafana/ui';
import { MultiPicker } from '../../../components/MultiPicker';
import { isDuration } from '../../../datasources/tempo/client';
import { qualifiedTags, tagScopes, valuesOfTag } from '../../../datasources/tempo/tags';
import { printForm, TAG_OPERATORS, type TagFilter, type TraceForm } from '../../../datasources/tempo/traceql';
import { useLocale } from '../../../i18n/context';
import { useResource } from '../../../lib/useResource';
import type { TimeControls } from '../../../lib/useTimeControls';

export interface SearchFormProps {
  uid: string;
  time: TimeControls;
  form: TraceForm;
  onChange: (form: TraceForm) => void;
}

export function formIsValid(form: TraceForm): boolean {
  return [form.minDuration, form.maxDuration].every((text) => text === '' || isDuration(text));
}

export function SearchForm({ uid, time, form, onChange }: SearchFormProps) {
  const { t } = useLocale();
  const change = (part: Partial<TraceForm>) => onChange({ ...form, ...part });
  return (
    <div className={FORM}>
      <div className={ROW}>
        <ValuePicker
          uid={uid}
          time={time}
          title={t('common.service')}
          tag="resource.service.name"
          value={form.services}
          onChange={(services) => change({ services })}
        />
        <ValuePicker
          uid={uid}
          time={time}
          title={t('traces.spanName')}
          tag="name"
          value={form.spanNames}
          onChange={(spanNames) => change({ spanNames })}
        />
        <Field noMargin label={t('trace.status')}>
          <RadioButtonGroup
            aria-label={t('trace.status')}
            value={form.status}
            options={[
              { label: t('common.any'), value: '' as const },
              { label: 'error', value: 'error' as const },
              { label: 'ok', value: 'ok' as const },
              { label: 'unset', value: 'unset' as const },
            ]}
            onChange={(status) => change({ status })}
          />
        </Field>
        <Field noMargin label={t('explore.traces.durationOf')}>
          <RadioButtonGroup
            aria-label={t('explore.traces.durationOf')}
            value={form.durationOf}
            options={[
              { label: t('explore.traces.span'), value: 'span' as const },
              { label: t('trace.title'), value: 'trace' as const },
            ]}
            onChange={(durationOf) => change({ durationOf })}
          />
        </Field>
        {(['minDuration', 'maxDuration'] as const).map((name) => {
          const invalid = form[name] !== '' && !isDuration(form[name]);
          return (
            <Field
              key={name}
              noMargin
              label={t(`traces.${name}`)}
              invalid={invalid}
              error={invalid ? t('traces.durationInvalid') : undefined}
            >
              <Input
                width={14}
                aria-label={t(`traces.${name}`)}
                value={form[name]}
                placeholder={t('traces.durationPlaceholder', {
                  example: name === 'minDuration' ? '100ms' : '2s',
                })}
                onChange={(event) => change({ [name]: event.currentTarget.value.trim() })}
              />
            </Field>
          );
        })}
      </div>
      <Tags uid={uid} time={time} form={form} onChange={onChange} />
      <code className={PREVIEW} data-testid="query-preview">
        {printForm(form)}
      </code>
    </div>
  );
}

interface ValuePickerProps {
  uid: string;
  time: TimeControls;
  title: string;
  tag: string;
  value: string[];
  onChange: (values: string[]) => void;
}

function ValuePicker({ uid, time, title, tag, value, onChange }: ValuePickerProps) {
  const { t } = useLocale();
  const identity = JSON.stringify([uid, tag, time.raw]);
  const { data } = useResource(identity, identity, (signal) =>
    valuesOfTag(uid, tag, time.range, undefined, signal),
  );
  const names = [...new Set([...(data ?? []).map((one) => one.value), ...value])].sort();
  return (
    <Field noMargin className={PICKER} label={title}>
      <MultiPicker
        label={title}
        placeholder={t('common.any')}
        options={names.map((name) => ({ label: name, value: name }))}
        value={value}
        onChange={onChange}
      />
    </Field>
  );
}

function Tags({ uid, time, form, onChange }: SearchFormProps) {
  const { t } = useLocale();
  const identity = JSON.stringify([uid, time.raw]);
  const { data = [] } = useResource(identity, identity, (signal) => tagScopes(uid, time.range, signal));
  const names = qualifiedTags(data);
  const setTag = (index: number, part: Partial<TagFilter>) =>
    onChange({ ...form, tags: form.tags.map((tag, at) => (at === index ? { ...tag, ...part } : tag)) });
  return (
    <div className={ROW}>
      <span>{t('traces.tags')}</span>
      {form.tags.map((filter, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
        <div key={index} className={GROUP}>
          <Combobox
            width={30}
            aria-label={t('explore.traces.tag')}
            placeholder={t('explore.traces.tag')}
            createCustomValue
            options={[...new Set([...names, ...(filter.tag ? [filter.tag] : [])])].map((name) => ({
              label: name,
              value: name,
            }))}
            value={filter.tag || null}
            onChange={({ value }) => setTag(index, { tag: value, value: '' })}
          />
          <Combobox
            width={8}
            aria-label={t('explore.builder.operator')}
            options={TAG_OPERATORS.map((operator) => ({ label: operator, value: operator }))}
            value={filter.operator}
            onChange={({ value }) => setTag(index, { operator: value })}
          />
          <Combobox
            key={filter.tag}
            width={26}
            aria-label={t('explore.builder.value')}
            placeholder={t('explore.builder.value')}
            createCustomValue
            disabled={filter.tag === ''}
            options={async () =>
              (await valuesOfTag(uid, filter.tag, time.range).catch(() => [])).map(({ value, type }) => ({
                label: value,
                value,
                description: type,
              }))
            }
            value={filter.value || null}
            onChange={({ value, description }) => setTag(index, { value, type: description ?? 'string' })}
          />
          <IconButton
            name="times"
            aria-label={t('explore.builder.remove')}
            onClick={() => onChange({ ...form, tags: form.tags.filter((_, at) => at !== index) })}
          />
        </div>
      ))}
      <Button
        size="sm"
        variant="secondary"
        icon="plus"
        onClick={() =>
          onChange({ ...form, tags: [...form.tags, { tag: '', operator: '=', value: '', type: 'string' }] })
        }
      >
        {t('explore.traces.addTag')}
      </Button>
    </div>
  );
}

const FORM = css({ display: 'flex', flexDirection: 'column', gap: 8 });
const ROW = css({ display: 'flex', flexWrap: 'wrap', alignItems: 'flex-end', gap: '8px 12px' });
const GROUP = css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 4 });
const PICKER = css({ flex: '1 1 220px', minWidth: 0 });
const PREVIEW = css({ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap', padding: '4px 8px' });
