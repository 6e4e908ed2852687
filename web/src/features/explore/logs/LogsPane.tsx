// A pane for logs: the query, and lines, numbers, patterns or live lines below it.
import { css } from '@emotion/css';
import { Button, Combobox, RadioButtonGroup } from '@grafana/ui';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { ApiError } from '../../../api/http';
import { ErrorState, LoadingState, StateMessage } from '../../../components/StateMessage';
import { isMetricQuery } from '../../../datasources/loki/lineFilter';
import type { LogQuery } from '../../../datasources/loki/logql';
import { useLocale } from '../../../i18n/context';
import { describeError } from '../../../lib/errors';
import { logqlCompletion } from '../editor/logqlCompletion';
import { mistakeIn, QueryEditor } from '../editor/QueryEditor';
import { Inspect } from '../Inspect';
import type { PaneProps } from '../paneProps';
import { SeriesResult } from '../SeriesResult';
import { LINE_LIMITS, type LogsQuery, type LogsView } from '../state/model';
import { Widen } from '../Widen';
import { LivePanel } from './LivePanel';
import { LogsBuilder } from './LogsBuilder';
import { LogsResult } from './LogsResult';
import { Patterns } from './Patterns';
import { useLogs } from './useLogs';

const EXAMPLES = [
  '{service_name=~".+"}',
  '{level="error"}',
  '{service_name="order-service"} | json | status >= 400',
  'sum by (service_name) (rate({service_name=~".+"}[$__auto]))',
];

export function LogsPane({ pane, query, time, onRun, update, instead, beside }: PaneProps<LogsQuery>) {
  const { t } = useLocale();
  const { datasource: uid, logs: view } = pane;
  const [draft, setDraft] = useState(query.expr);
  const [rows, setRows] = useState<LogQuery | undefined>(undefined);
  const [live, setLive] = useState(false);
  const [patterns, setPatterns] = useState(false);
  useEffect(() => setDraft(query.expr), [query.expr]);
  const logs = useLogs(uid, query, view, time, !live);
  const { result } = logs;

  const run = useCallback(
    (expr: string, change: Partial<LogsQuery> = {}) => onRun({ ...query, ...change, expr: expr.trim() }),
    [onRun, query],
  );
  const setView = useCallback((next: LogsView) => update({ logs: next }, true), [update]);
  const message = result.error instanceof ApiError ? result.error.message : undefined;
  const mistake = useMemo(
    () => (draft.trim() === query.expr ? mistakeIn(message, draft) : undefined),
    [message, draft, query.expr],
  );
  const complete = useMemo(() => logqlCompletion(() => ({ uid, range: time.range })), [uid, time.range]);
  const shared = { uid, expr: query.expr, view, setView, onExpr: run, instead, beside };
  const metric = isMetricQuery(query.expr);
  // The builder has no controls for numbers.
  const editor = isMetricQuery(draft) ? 'code' : query.editor;
  return (
    <>
      <div className={QUERY}>
        <div className={BAR}>
          <RadioButtonGroup
            size="sm"
            aria-label={t('explore.editor')}
            value={editor}
            options={[
              { label: t('explore.builder'), value: 'builder' as const },
              { label: t('explore.code'), value: 'code' as const },
            ]}
            onChange={(next) => update({ query: { ...query, editor: next } }, true)}
          />
          <Combobox
            width={14}
            aria-label={t('explore.type')}
            options={[
              { label: t('explore.range'), value: 'range' as const },
              { label: t('explore.instant'), value: 'instant' as const },
            ]}
            value={query.queryType}
            onChange={({ value }) => run(draft, { queryType: value })}
          />
          <Combobox
            width={12}
            aria-label={t('logs.limit')}
            options={LINE_LIMITS.map((value) => ({ label: String(value), value }))}
            value={query.maxLines}
            onChange={({ value }) => run(draft, { maxLines: value })}
          />
          <Button
            size="sm"
            variant={live ? 'primary' : 'secondary'}
            icon="play"
            disabled={metric || query.expr === ''}
            onClick={() => setLive(!live)}
          >
            {t('explore.live')}
          </Button>
          <Button
            size="sm"
            variant="secondary"
            disabled={metric || query.expr === ''}
            aria-pressed={patterns}
            onClick={() => setPatterns(!patterns)}
          >
            {t('explore.patterns')}
          </Button>
          <Inspect
            uid={uid}
            request={result.data?.request}
            figures={result.data?.stats ?? {}}
            query={query.expr}
          />
          <Button className={RUN} size="sm" icon="sync" onClick={() => run(draft)}>
            {t('logs.run')}
          </Button>
        </div>
        {editor === 'builder' ? (
          <LogsBuilder
            uid={uid}
            time={time}
            value={draft}
            onChange={setDraft}
            rows={rows}
            setRows={setRows}
          />
        ) : (
          <QueryEditor
            label={t('logs.query')}
            language="logql"
            value={draft}
            placeholder={'{service_name="order-service"} |= "payment"'}
            mistake={mistake}
            complete={complete}
            onChange={setDraft}
            onRun={run}
          />
        )}
      </div>
      {query.expr === '' ? (
        <Examples onChoose={run} />
      ) : live && !metric ? (
        <LivePanel {...shared} onStop={() => setLive(false)} />
      ) : (
        <>
          {patterns && !metric && <Patterns uid={uid} expr={query.expr} time={time} onExpr={run} />}
          {answer()}
        </>
      )}
    </>
  );

  function answer() {
    if (!result.data) {
      return result.error === undefined ? (
        <LoadingState />
      ) : (
        <ErrorState message={describeError(result.error, 'logs', t)} onRetry={result.reload} />
      );
    }
    if (result.data.series) {
      return result.data.series.length === 0 ? (
        <Widen time={time} />
      ) : (
        <SeriesResult
          series={result.data.series}
          fallback={query.expr}
          time={time}
          loading={result.loading}
          chart={query.queryType === 'range'}
        />
      );
    }
    return logs.entries.length === 0 ? (
      <Widen time={time} />
    ) : (
      <LogsResult {...shared} logs={logs} time={time} />
    );
  }
}

function Examples({ onChoose }: { onChoose: (expr: string) => void }) {
  const { t } = useLocale();
  return (
    <StateMessage
      title={t('explore.logs.start')}
      hint={t('explore.logs.startHint')}
      action={
        <div className={EXAMPLE_LIST}>
          {EXAMPLES.map((expr) => (
            <Button key={expr} size="sm" variant="secondary" onClick={() => onChoose(expr)}>
              <code>{expr}</code>
            </Button>
          ))}
        </div>
      }
    />
  );
}

const QUERY = css({ display: 'flex', flexDirection: 'column', gap: 8 });
const BAR = css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 8 });
const RUN = css({ marginLeft: 'auto' });
const EXAMPLE_LIST = css({
  display: 'flex',
  flexDirection: 'column',
  gap: 8,
  alignItems: 'center',
  '& button': { height: 'auto', minHeight: 28, whiteSpace: 'normal' },
  '& code': { background: 'none', border: 'none', overflowWrap: 'anywhere', whiteSpace: 'normal' },
});
