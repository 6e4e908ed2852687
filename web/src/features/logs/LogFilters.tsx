// The controls of the logs page. They write LogQL; what they show is read back from it.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Combobox, Field, InlineSwitch, Input, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import { type FormEvent, type KeyboardEvent, useEffect, useMemo, useState } from 'react';
import { MultiPicker } from '../../components/MultiPicker';
import {
  containedText,
  EVERYTHING,
  type LogQuery,
  printQuery,
  selectedValues,
  selectValues,
  withContainedText,
} from '../../datasources/loki/logql';
import { useLocale } from '../../i18n/context';
import type { TimeControls } from '../../lib/useTimeControls';
import { useLabelOptions } from './useLabelOptions';
import { LIMITS, type LogSearch } from './useLogSearch';

const EXAMPLE = '{service_name="order-service"} |= "payment"';

export function LogFilters({ search, time }: { search: LogSearch; time: TimeControls }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.filters}>
      <QueryBox search={search} onRun={time.refreshNow} />
      <Pickers search={search} time={time} />
      <Options search={search} />
    </div>
  );
}

function QueryBox({ search, onRun }: { search: LogSearch; onRun: () => void }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const { state, setText } = search;
  const [draft, setDraft] = useState(state.text);
  useEffect(() => setDraft(state.text), [state.text]);
  const run = (event: FormEvent) => {
    event.preventDefault();
    if (draft.trim() === state.text) {
      onRun();
    } else {
      setText(draft.trim() || printQuery(EVERYTHING));
    }
  };
  const valid = /^\s*\{/.test(draft);
  return (
    <form className={styles.query} onSubmit={run}>
      <Field
        noMargin
        className={styles.grow}
        label={t('logs.query')}
        invalid={!valid}
        error={valid ? undefined : t('logs.invalidSelector', { example: '{service_name="order-service"}' })}
        htmlFor="logs-query"
      >
        <Input
          id="logs-query"
          placeholder={EXAMPLE}
          aria-describedby="logs-query-hint"
          className={styles.code}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="none"
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
        />
      </Field>
      <Button type="submit" icon="sync" disabled={!valid}>
        {t('logs.run')}
      </Button>
      <div id="logs-query-hint" className={styles.hint}>
        {state.parsed ? t('logs.queryHint', { example: EXAMPLE }) : t('logs.custom')}
      </div>
    </form>
  );
}

function Pickers({ search, time }: { search: LogSearch; time: TimeControls }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const query = search.state.parsed ?? EVERYTHING;
  const disabled = search.state.parsed === undefined;
  return (
    <div className={styles.row}>
      <LabelPicker
        id="logs-service"
        title={t('common.service')}
        label="service_name"
        {...{ query, search, time, disabled }}
      />
      <LabelPicker
        id="logs-level"
        title={t('common.level')}
        label="level"
        {...{ query, search, time, disabled }}
      />
      <TextFilter query={query} disabled={disabled} onChange={search.setQuery} />
    </div>
  );
}

interface LabelPickerProps {
  id: string;
  title: string;
  label: string;
  query: LogQuery;
  search: LogSearch;
  time: TimeControls;
  disabled: boolean;
}

function LabelPicker({ id, title, label, query, search, time, disabled }: LabelPickerProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const chosen = useMemo(() => selectedValues(query, label), [query, label]);
  const options = useLabelOptions(label, time.range, time.raw, chosen);
  return (
    <Field noMargin className={styles.picker} label={title} htmlFor={id}>
      <MultiPicker
        id={id}
        label={title}
        disabled={disabled}
        placeholder={t('common.all')}
        options={options}
        value={chosen}
        onChange={(values) => search.setQuery(selectValues(query, label, values))}
      />
    </Field>
  );
}

function TextFilter({
  query,
  disabled,
  onChange,
}: {
  query: LogQuery;
  disabled: boolean;
  onChange: (query: LogQuery) => void;
}) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const current = containedText(query);
  const [draft, setDraft] = useState(current);
  useEffect(() => setDraft(current), [current]);
  const apply = () => {
    if (draft !== current) {
      onChange(withContainedText(query, draft));
    }
  };
  return (
    <Field noMargin className={styles.grow} label={t('logs.contains')} htmlFor="logs-contains">
      <Input
        id="logs-contains"
        type="search"
        disabled={disabled}
        placeholder={t('logs.containsPlaceholder')}
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={apply}
        onKeyDown={(event: KeyboardEvent) => event.key === 'Enter' && apply()}
      />
    </Field>
  );
}

function Options({ search }: { search: LogSearch }) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const { state, setOption } = search;
  return (
    <div className={styles.options}>
      <RadioButtonGroup
        size="sm"
        aria-label={t('logs.order')}
        value={state.direction}
        options={[
          { label: t('logs.newest'), value: 'backward' as const },
          { label: t('logs.oldest'), value: 'forward' as const },
        ]}
        onChange={(value) => setOption('direction', value === 'forward' ? value : '')}
      />
      <label className={styles.inline} htmlFor="logs-limit">
        {t('logs.limit')}
        <Combobox
          id="logs-limit"
          width={10}
          options={LIMITS.map((value) => ({ label: String(value), value }))}
          value={state.limit}
          onChange={(option) => setOption('limit', String(option.value))}
        />
      </label>
      <InlineSwitch
        transparent
        showLabel
        label={t('logs.wrap')}
        value={state.wrap}
        onChange={(event) => setOption('wrap', event.currentTarget.checked ? '1' : '')}
      />
      <InlineSwitch
        transparent
        showLabel
        label={t('logs.raw')}
        value={state.raw}
        onChange={(event) => setOption('raw', event.currentTarget.checked ? '1' : '')}
      />
    </div>
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
  query: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'flex-end',
    gap: theme.spacing(0.75, 1),
    [theme.breakpoints.down('sm')]: { flexWrap: 'wrap', button: { width: '100%', justifyContent: 'center' } },
  }),
  grow: css({ flex: '1 1 240px', minWidth: 0 }),
  hint: css({
    flexBasis: '100%',
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
    overflowWrap: 'anywhere',
  }),
  code: css({ input: { fontFamily: theme.typography.fontFamilyMonospace } }),
  row: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1.5) }),
  picker: css({ flex: '1 1 220px', minWidth: 0 }),
  options: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1, 2) }),
  inline: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    color: theme.colors.text.secondary,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
