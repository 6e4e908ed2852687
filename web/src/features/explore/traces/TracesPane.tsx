// A pane for traces: search by choosing or with TraceQL, the service graph, and one trace.
import { css } from '@emotion/css';
import { Button, Combobox, Tab, TabsBar } from '@grafana/ui';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { ApiError } from '../../../api/http';
import { Card } from '../../../components/Card';
import { ErrorState, LoadingState } from '../../../components/StateMessage';
import { niceStepMs } from '../../../datasources/series';
import { traceMetrics } from '../../../datasources/tempo/metrics';
import { searchTraceql } from '../../../datasources/tempo/search';
import { isMetricsQuery, printForm, traceIdIn } from '../../../datasources/tempo/traceql';
import { useLocale } from '../../../i18n/context';
import { describeError, staleNote } from '../../../lib/errors';
import { useResource } from '../../../lib/useResource';
import { mistakeIn, QueryEditor } from '../editor/QueryEditor';
import { traceqlCompletion } from '../editor/traceqlCompletion';
import { Inspect } from '../Inspect';
import type { PaneProps } from '../paneProps';
import { SeriesResult } from '../SeriesResult';
import { TRACE_LIMITS, type TracesQuery, tracePane } from '../state/model';
import { Widen } from '../Widen';
import { FoundTraces } from './FoundTraces';
import { OpenTrace } from './OpenTrace';
import { formIsValid, SearchForm } from './SearchForm';
import { ServiceGraphView } from './ServiceGraphView';

const TABS = ['search', 'traceql', 'graph'] as const;
const SPANS_PER_TRACE = 3;

export function TracesPane(props: PaneProps<TracesQuery>) {
  const { pane, query, time, sources, onRun, update, instead, beside } = props;
  const { t } = useLocale();
  const locale = useLocale();
  const uid = pane.datasource;
  const [draft, setDraft] = useState(query.query);
  const [form, setForm] = useState(query.form);
  useEffect(() => setDraft(query.query), [query.query]);
  useEffect(() => setForm(query.form), [query.form]);

  const traceql = query.tab === 'search' ? printForm(query.form) : query.query.trim() || '{}';
  const traceId = query.tab === 'traceql' ? traceIdIn(query.query) : undefined;
  const metrics = query.tab === 'traceql' && isMetricsQuery(traceql);
  const wanted = query.tab !== 'graph' && traceId === undefined;
  const identity = JSON.stringify([uid, traceql, query.limit, time.raw, metrics]);
  const found = useResource(identity, wanted && !metrics ? `${identity} ${time.tick}` : undefined, (signal) =>
    searchTraceql(
      { uid, query: traceql, limit: query.limit, spansPerTrace: SPANS_PER_TRACE, range: time.range },
      signal,
    ),
  );
  const numbers = useResource(
    identity,
    wanted && metrics ? `${identity} ${time.tick}` : undefined,
    (signal) =>
      traceMetrics(uid, traceql, time.range, niceStepMs(time.range.toMs - time.range.fromMs, 120), signal),
  );
  const resource = metrics ? numbers : found;
  const run = useCallback(
    (text: string) => onRun({ ...query, query: text.trim(), form }),
    [onRun, query, form],
  );
  const message = resource.error instanceof ApiError ? resource.error.message : undefined;
  const mistake = useMemo(
    () => (draft.trim() === query.query ? mistakeIn(message, draft) : undefined),
    [message, draft, query.query],
  );
  const complete = useMemo(() => traceqlCompletion(() => ({ uid, range: time.range })), [uid, time.range]);
  const onSpan = useCallback((spanId: string) => update({ spanId }, true), [update]);
  const address = (id: string, spanId?: string) => {
    const opened = { ...tracePane(id, spanId, pane.range), datasource: uid };
    return window.innerWidth < 1000 ? instead(opened) : beside(opened);
  };
  return (
    <>
      <div className={QUERY}>
        <TabsBar>
          {TABS.map((tab) => (
            <Tab
              key={tab}
              label={t(`explore.traces.${tab}`)}
              active={query.tab === tab}
              onChangeTab={() =>
                update({
                  query: {
                    ...query,
                    tab,
                    query: tab === 'traceql' && query.query === '' ? printForm(form) : query.query,
                  },
                })
              }
            />
          ))}
        </TabsBar>
        {query.tab === 'search' && <SearchForm uid={uid} time={time} form={form} onChange={setForm} />}
        {query.tab === 'traceql' && (
          <QueryEditor
            label={t('explore.traces.query')}
            language="traceql"
            value={draft}
            placeholder='{ resource.service.name = "order-service" && status = error }'
            mistake={mistake}
            complete={complete}
            onChange={setDraft}
            onRun={run}
          />
        )}
        {query.tab !== 'graph' && (
          <div className={BAR}>
            <Combobox
              width={12}
              aria-label={t('traces.limit')}
              options={TRACE_LIMITS.map((value) => ({ label: String(value), value }))}
              value={query.limit}
              onChange={({ value }) => onRun({ ...query, form, query: draft, limit: value })}
            />
            <Inspect
              uid={uid}
              query={traceql}
              request={metrics ? numbers.data?.request : found.data?.request}
              figures={(metrics ? numbers.data?.metrics : found.data?.metrics) ?? {}}
            />
            <Button
              className={RUN}
              size="sm"
              icon="sync"
              disabled={query.tab === 'search' && !formIsValid(form)}
              onClick={() => run(draft)}
            >
              {t('logs.run')}
            </Button>
          </div>
        )}
      </div>
      {answer()}
    </>
  );

  function answer() {
    if (query.tab === 'graph') {
      return <ServiceGraphView uid={uid} time={time} metricsUid={sources.metricsFor(uid)} />;
    }
    if (traceId) {
      return (
        <OpenTrace {...{ uid, traceId, instead, beside, onSpan }} spanId={pane.spanId} tick={time.tick} />
      );
    }
    if (resource.error !== undefined && !resource.data) {
      return <ErrorState message={describeError(resource.error, 'traces', t)} onRetry={resource.reload} />;
    }
    if (!resource.data) {
      return <LoadingState />;
    }
    if (metrics) {
      return numbers.data?.series.length ? (
        <SeriesResult
          series={numbers.data.series}
          fallback={traceql}
          time={time}
          loading={numbers.loading}
          chart
        />
      ) : (
        <Widen time={time} />
      );
    }
    const traces = found.data?.traces ?? [];
    return traces.length === 0 ? (
      <Widen time={time} />
    ) : (
      <Card
        title={t('traces.results')}
        hint={t.plural('traces.shown', traces.length)}
        warning={staleNote(found, 'traces', locale)}
        loading={found.loading}
        flush
      >
        <FoundTraces traces={traces} address={address} />
      </Card>
    );
  }
}

const QUERY = css({ display: 'flex', flexDirection: 'column', gap: 8 });
const BAR = css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 8 });
const RUN = css({ marginLeft: 'auto' });
