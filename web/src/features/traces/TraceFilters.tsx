// The search form of the traces page, and the way to a trace whose id is known.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Checkbox, Combobox, Field, Input, useStyles2 } from '@grafana/ui';
import { type FormEvent, useEffect, useMemo, useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { isTraceId, tagValues } from '../../datasources/tempo/client';
import { useLocale } from '../../i18n/context';
import { tracePath } from '../../lib/paths';
import { useResource } from '../../lib/useResource';
import type { TimeControls } from '../../lib/useTimeControls';
import { LIMITS, problemsOf, type SearchForm } from './searchForm';

export interface TraceFiltersProps {
  form: SearchForm;
  time: TimeControls;
  onSearch: (form: SearchForm) => void;
}

export function TraceFilters({ form, time, onSearch }: TraceFiltersProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const [draft, setDraft] = useState(form);
  useEffect(() => setDraft(form), [form]);
  const problems = problemsOf(draft);
  const change = (part: Partial<SearchForm>) => setDraft((before) => ({ ...before, ...part }));
  /** Choices take effect at once, typed text with Enter or the button. */
  const choose = (part: Partial<SearchForm>) => onSearch({ ...draft, ...part });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (problems.size === 0) {
      onSearch(draft);
    }
  };
  return (
    <div className={styles.filters}>
      <form className={styles.row} onSubmit={submit} aria-label={t('traces.search')}>
        <TagPicker
          id="traces-service"
          title={t('common.service')}
          tag="service.name"
          value={draft.service}
          time={time}
          onChange={(service) => choose({ service })}
        />
        <TagPicker
          id="traces-name"
          title={t('traces.spanName')}
          tag="name"
          value={draft.name}
          time={time}
          onChange={(name) => choose({ name })}
        />
        <DurationField
          id="traces-min"
          title={t('traces.minDuration')}
          example="100ms"
          value={draft.min}
          invalid={problems.has('min')}
          onChange={(min) => change({ min })}
        />
        <DurationField
          id="traces-max"
          title={t('traces.maxDuration')}
          example="2s"
          value={draft.max}
          invalid={problems.has('max')}
          onChange={(max) => change({ max })}
        />
        <Field
          noMargin
          className={styles.grow}
          label={t('traces.tags')}
          htmlFor="traces-tags"
          invalid={problems.has('tags')}
          error={problems.has('tags') ? t('traces.tagsInvalid') : undefined}
        >
          <Input
            id="traces-tags"
            value={draft.tags}
            spellCheck={false}
            autoCapitalize="none"
            placeholder={t('traces.tagsPlaceholder')}
            onChange={(event) => change({ tags: event.currentTarget.value })}
          />
        </Field>
        <Field noMargin label={t('traces.limit')} htmlFor="traces-limit">
          <Combobox
            id="traces-limit"
            width={10}
            options={LIMITS.map((value) => ({ label: String(value), value }))}
            value={draft.limit}
            onChange={(option) => choose({ limit: option.value })}
          />
        </Field>
        <div className={styles.submit}>
          <Checkbox
            label={t('traces.onlyErrors')}
            value={draft.errors}
            onChange={(event) => choose({ errors: event.currentTarget.checked })}
          />
          <Button type="submit" icon="search" disabled={problems.size > 0}>
            {t('traces.search')}
          </Button>
        </div>
      </form>
      <OpenById />
    </div>
  );
}

interface TagPickerProps {
  id: string;
  title: string;
  tag: string;
  value: string;
  time: TimeControls;
  onChange: (value: string) => void;
}

function TagPicker({ id, title, tag, value, time, onChange }: TagPickerProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const identity = `${tag} ${time.raw.from} ${time.raw.to}`;
  const { data } = useResource(identity, identity, (signal) => tagValues(tag, time.range, signal));
  const options = useMemo(
    () =>
      [...new Set([...(data ?? []), ...(value ? [value] : [])])].map((text) => ({
        label: text,
        value: text,
      })),
    [data, value],
  );
  return (
    <Field noMargin className={styles.picker} label={title} htmlFor={id}>
      <Combobox
        id={id}
        isClearable
        createCustomValue
        placeholder={t('common.any')}
        options={options}
        value={value || null}
        onChange={(option) => onChange(option?.value ?? '')}
      />
    </Field>
  );
}

interface DurationFieldProps {
  id: string;
  title: string;
  example: string;
  value: string;
  invalid: boolean;
  onChange: (value: string) => void;
}

function DurationField({ id, title, example, value, invalid, onChange }: DurationFieldProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  return (
    <Field
      noMargin
      className={styles.duration}
      label={title}
      htmlFor={id}
      invalid={invalid}
      error={invalid ? t('traces.durationInvalid') : undefined}
    >
      <Input
        id={id}
        value={value}
        autoCapitalize="none"
        placeholder={t('traces.durationPlaceholder', { example })}
        onChange={(event) => onChange(event.currentTarget.value.trim())}
      />
    </Field>
  );
}

function OpenById() {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const navigate = useNavigate();
  const [id, setId] = useState('');
  const text = id.trim();
  const invalid = text !== '' && !isTraceId(text);
  const open = (event: FormEvent) => {
    event.preventDefault();
    if (text !== '' && !invalid) {
      navigate(tracePath(text.toLowerCase()));
    }
  };
  return (
    <form className={styles.byId} onSubmit={open} aria-label={t('traces.openById')}>
      <Field
        noMargin
        className={styles.id}
        label={t('traces.openById')}
        htmlFor="traces-id"
        invalid={invalid}
        error={invalid ? t('traces.idInvalid') : undefined}
      >
        <Input
          id="traces-id"
          className={styles.code}
          value={id}
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          placeholder={t('traces.idPlaceholder')}
          onChange={(event) => setId(event.currentTarget.value)}
        />
      </Field>
      <Button type="submit" variant="secondary" icon="arrow-right" disabled={text === '' || invalid}>
        {t('traces.open')}
      </Button>
    </form>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  filters: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1.5),
    padding: theme.spacing(1.5),
    marginBottom: theme.spacing(2),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  row: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', gap: theme.spacing(1.5) }),
  picker: css({ flex: '1 1 180px', minWidth: 0, [theme.breakpoints.down('sm')]: { flexBasis: '100%' } }),
  duration: css({ flex: '0 1 120px', minWidth: 100, [theme.breakpoints.down('sm')]: { flex: '1 1 40%' } }),
  grow: css({ flex: '2 1 260px', minWidth: 0 }),
  submit: css({
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(2),
    marginLeft: 'auto',
    // Level with the inputs, whose labels stand above them.
    marginTop: 20,
    [theme.breakpoints.down('sm')]: { width: '100%', justifyContent: 'space-between', marginTop: 0 },
  }),
  byId: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'flex-end',
    gap: theme.spacing(1),
    paddingTop: theme.spacing(1.5),
    borderTop: `1px solid ${theme.colors.border.weak}`,
    maxWidth: '100%',
  }),
  id: css({ flex: '0 1 420px', minWidth: 0, [theme.breakpoints.down('sm')]: { flex: '1 1 100%' } }),
  code: css({ input: { fontFamily: theme.typography.fontFamilyMonospace } }),
});
