// One query in the language of its source. What has no field here stays in the query.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { InlineField, Input, Select, Stack, TextArea, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import type { StoreQuery } from '../../datasources/frames/StoreSource';
import { useLocale } from '../../i18n/context';
import { JsonArea } from './JsonArea';

export interface QueryEditorProps {
  type: string;
  query: StoreQuery;
  onChange: (query: StoreQuery) => void;
}

export function QueryEditor(props: QueryEditorProps) {
  switch (props.type) {
    case 'loki':
      return <LokiEditor {...props} />;
    case 'prometheus':
      return <PrometheusEditor {...props} />;
    case 'tempo':
      return <TempoEditor {...props} />;
    default:
      return <AnyEditor {...props} />;
  }
}

interface CodeProps {
  label: string;
  placeholder: string;
  value: string;
  onChange: (text: string) => void;
}

/** Runs when the reader leaves the field or presses Ctrl+Enter, not at each letter. */
function Code({ label, placeholder, value, onChange }: CodeProps) {
  const styles = useStyles2(getStyles);
  const [text, setText] = useState(value);
  const commit = () => text !== value && onChange(text);
  return (
    <TextArea
      className={styles.code}
      aria-label={label}
      placeholder={placeholder}
      spellCheck={false}
      rows={Math.min(8, Math.max(2, text.split('\n').length))}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey || event.shiftKey)) {
          event.preventDefault();
          commit();
        }
      }}
    />
  );
}

function TextField({
  label,
  value,
  placeholder,
  onChange,
}: {
  label: string;
  value: unknown;
  placeholder?: string;
  onChange: (text: string) => void;
}) {
  return (
    <InlineField label={label}>
      <Input
        width={20}
        placeholder={placeholder}
        defaultValue={value === undefined || value === null ? '' : String(value)}
        onBlur={(event) => onChange(event.currentTarget.value)}
      />
    </InlineField>
  );
}

interface ChoiceProps {
  label: string;
  width: number;
  options: { value: string; label: string }[];
  value: string;
  onChange: (value: string | undefined) => void;
}

function Choice({ label, width, options, value, onChange }: ChoiceProps) {
  return (
    <InlineField label={label}>
      <Select
        width={width}
        aria-label={label}
        options={options}
        value={value}
        onChange={(choice) => onChange(choice.value)}
      />
    </InlineField>
  );
}

const named = (values: string[]) => values.map((value) => ({ value, label: value }));

function LokiEditor({ query, onChange }: QueryEditorProps) {
  const { t } = useLocale();
  return (
    <Stack direction="column" gap={1}>
      <Code
        label="LogQL"
        placeholder={'sum by (service_name) (rate({job="ecommerce"} [$__auto]))'}
        value={query.expr ?? ''}
        onChange={(expr) => onChange({ ...query, expr })}
      />
      <Stack direction="row" gap={1} wrap="wrap">
        <Choice
          label={t('edit.queryType')}
          width={14}
          options={[
            { value: 'range', label: t('edit.range') },
            { value: 'instant', label: t('edit.instant') },
          ]}
          value={query.queryType ?? 'range'}
          onChange={(value) => onChange({ ...query, queryType: value })}
        />
        <TextField
          label={t('edit.legend')}
          placeholder="{{service_name}}"
          value={query.legendFormat}
          onChange={(legendFormat) => onChange({ ...query, legendFormat })}
        />
        <TextField
          label={t('edit.maxLines')}
          placeholder="1000"
          value={query.maxLines}
          onChange={(text) => onChange({ ...query, maxLines: Number(text) || undefined })}
        />
      </Stack>
    </Stack>
  );
}

function PrometheusEditor({ query, onChange }: QueryEditorProps) {
  const { t } = useLocale();
  const kind = query.instant ? 'instant' : 'range';
  return (
    <Stack direction="column" gap={1}>
      <Code
        label="PromQL"
        placeholder="sum by (service) (rate(traces_spanmetrics_calls_total[$__rate_interval]))"
        value={query.expr ?? ''}
        onChange={(expr) => onChange({ ...query, expr })}
      />
      <Stack direction="row" gap={1} wrap="wrap">
        <Choice
          label={t('edit.queryType')}
          width={14}
          options={[
            { value: 'range', label: t('edit.range') },
            { value: 'instant', label: t('edit.instant') },
          ]}
          value={kind}
          onChange={(value) => onChange({ ...query, instant: value === 'instant', range: value === 'range' })}
        />
        <Choice
          label={t('edit.format')}
          width={16}
          options={named(['time_series', 'table', 'heatmap'])}
          value={String(query.format ?? 'time_series')}
          onChange={(value) => onChange({ ...query, format: value })}
        />
        <TextField
          label={t('edit.legend')}
          placeholder="{{service}}"
          value={query.legendFormat}
          onChange={(legendFormat) => onChange({ ...query, legendFormat })}
        />
      </Stack>
    </Stack>
  );
}

function TempoEditor({ query, onChange }: QueryEditorProps) {
  const { t } = useLocale();
  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={1} wrap="wrap">
        <Choice
          label={t('edit.queryType')}
          width={22}
          options={[
            { value: 'traceql', label: t('edit.tempoTraceql') },
            { value: 'traceqlSearch', label: t('edit.tempoSearch') },
            { value: 'serviceMap', label: t('edit.tempoServiceMap') },
          ]}
          value={query.queryType ?? 'traceql'}
          onChange={(value) => onChange({ ...query, queryType: value })}
        />
        <TextField
          label={t('edit.limit')}
          placeholder="20"
          value={query.limit}
          onChange={(text) => onChange({ ...query, limit: Number(text) || undefined })}
        />
        <Choice
          label={t('edit.tableType')}
          width={14}
          options={named(['traces', 'spans', 'raw'])}
          value={String(query.tableType ?? 'traces')}
          onChange={(value) => onChange({ ...query, tableType: value })}
        />
      </Stack>
      {query.queryType === 'traceqlSearch' ? (
        <AnyEditor type="tempo" query={query} onChange={onChange} />
      ) : query.queryType === 'serviceMap' ? null : (
        <Code
          label="TraceQL"
          placeholder={'{ resource.service.name = "order-service" && duration > 500ms }'}
          value={typeof query.query === 'string' ? query.query : ''}
          onChange={(text) => onChange({ ...query, query: text })}
        />
      )}
    </Stack>
  );
}

function AnyEditor({ query, onChange }: QueryEditorProps) {
  const { t } = useLocale();
  const [text, setText] = useState(() => JSON.stringify(query, undefined, 2));
  const [invalid, setInvalid] = useState(false);
  return (
    <JsonArea
      label={t('edit.queryJson')}
      rows={8}
      value={text}
      invalid={invalid}
      onChange={(next) => {
        setText(next);
        try {
          onChange({ ...(JSON.parse(next) as StoreQuery), refId: query.refId });
          setInvalid(false);
        } catch {
          setInvalid(true);
        }
      }}
    />
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  code: css({
    fontFamily: theme.typography.fontFamilyMonospace,
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
