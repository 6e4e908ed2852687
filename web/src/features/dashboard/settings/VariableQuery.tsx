// The question whose answers a variable offers, and what it finds now.
import { type MetricFindValue, rangeUtil } from '@grafana/data';
import { Field, Select, Stack, Tag } from '@grafana/ui';
import type { Variable } from '../../../dashboard/model';
import { refOf } from '../../../dashboard/variables';
import { dataSources } from '../../../datasources/frames/service';
import { useLocale } from '../../../i18n/context';
import { describeError } from '../../../lib/errors';
import { useResource } from '../../../lib/useResource';
import { SourcePicker } from './SourcePicker';
import { type SetVariable, TextField } from './VariableForm';

const PREVIEW_COUNT = 24;
const PREVIEW_RANGE = { from: 'now-1h', to: 'now' };

type LabelQuery = { label?: string; stream?: string; type?: number };

export function VariableQuery({ variable, set }: { variable: Variable; set: SetVariable }) {
  const { t } = useLocale();
  const type = refOf(variable.datasource)?.type;
  return (
    <>
      <SourcePicker
        value={variable.datasource}
        onChange={(datasource) => set({ datasource, query: '', definition: '', current: {} })}
      />
      {type === 'loki' || type === 'tempo' ? (
        <LabelValues variable={variable} set={set} isLoki={type === 'loki'} />
      ) : (
        <TextField
          id="variable-query"
          label={t('variable.query')}
          hint="label_values(traces_spanmetrics_calls_total, service)"
          value={typeof variable.query === 'string' ? variable.query : JSON.stringify(variable.query ?? '')}
          onChange={(query) => set({ query, definition: query, current: {} })}
        />
      )}
      <TextField
        id="variable-regex"
        label={t('variable.regex')}
        hint="/^(.*)-service$/"
        value={variable.regex ?? ''}
        onChange={(regex) => set({ regex })}
      />
      <Stack direction="row" gap={2} wrap="wrap">
        <Field label={t('variable.sort')}>
          <Select
            width={26}
            aria-label={t('variable.sort')}
            options={[
              { value: 0, label: t('variable.sortNone') },
              { value: 1, label: t('variable.sortUp') },
              { value: 2, label: t('variable.sortDown') },
              { value: 3, label: t('variable.sortNumberUp') },
              { value: 4, label: t('variable.sortNumberDown') },
            ]}
            value={variable.sort ?? 0}
            onChange={(choice) => set({ sort: choice.value })}
          />
        </Field>
        <Field label={t('variable.refresh')}>
          <Select
            width={30}
            aria-label={t('variable.refresh')}
            options={[
              { value: 1, label: t('variable.refreshOnLoad') },
              { value: 2, label: t('variable.refreshOnTime') },
            ]}
            value={variable.refresh || 1}
            onChange={(choice) => set({ refresh: choice.value })}
          />
        </Field>
      </Stack>
      <Preview variable={variable} />
    </>
  );
}

function LabelValues(props: { variable: Variable; set: SetVariable; isLoki: boolean }) {
  const { variable, set, isLoki } = props;
  const { t } = useLocale();
  const query: LabelQuery =
    typeof variable.query === 'object' && variable.query !== null ? (variable.query as LabelQuery) : {};
  const ask = (patch: LabelQuery) => {
    const next = { refId: 'VariableQuery', ...query, ...patch, type: 1 };
    set({ query: next, definition: `${next.label ?? ''} ${next.stream ?? ''}`.trim(), current: {} });
  };
  return (
    <Stack direction="column" gap={0}>
      <TextField
        id="variable-query-label"
        label={t(isLoki ? 'variable.lokiLabel' : 'variable.tempoTag')}
        hint={isLoki ? 'service_name' : 'resource.service.name'}
        value={query.label ?? ''}
        onChange={(label) => ask({ label })}
      />
      {isLoki && (
        <TextField
          id="variable-query-stream"
          label={t('variable.stream')}
          hint={'{job="ecommerce"}'}
          value={query.stream ?? ''}
          onChange={(stream) => ask({ stream })}
        />
      )}
    </Stack>
  );
}

async function findValues(variable: Variable): Promise<MetricFindValue[]> {
  const source = await dataSources.get(refOf(variable.datasource));
  const range = rangeUtil.convertRawToRange(PREVIEW_RANGE);
  return (await source.metricFindQuery?.(variable.query, { range } as never)) ?? [];
}

function Preview({ variable }: { variable: Variable }) {
  const { t } = useLocale();
  const key = JSON.stringify([variable.datasource, variable.query]);
  const isAsked = Boolean(variable.query) && variable.datasource !== undefined;
  const found = useResource(key, isAsked ? key : undefined, () => findValues(variable));
  if (found.error !== undefined) {
    return <p role="alert">{describeError(found.error, 'dashboard', t)}</p>;
  }
  const values = found.data ?? [];
  return (
    <Field label={t('variable.preview', { count: values.length })}>
      <Stack direction="row" gap={0.5} wrap="wrap">
        {values.slice(0, PREVIEW_COUNT).map(({ text }) => (
          <Tag key={text} name={text} colorIndex={9} />
        ))}
        {values.length > PREVIEW_COUNT && '…'}
      </Stack>
    </Field>
  );
}
