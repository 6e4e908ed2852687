// Search for traces.
import { Button } from '@grafana/ui';
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';
import { Card } from '../../components/Card';
import { PageToolbar } from '../../components/PageToolbar';
import { ErrorState, LoadingState, StateMessage } from '../../components/StateMessage';
import { searchTraces, type TraceSummary } from '../../datasources/tempo/client';
import { useLocale } from '../../i18n/context';
import { describeError, staleNote } from '../../lib/errors';
import { type Resource, useResource } from '../../lib/useResource';
import { useTimeControls } from '../../lib/useTimeControls';
import {
  EMPTY_FORM,
  isFiltered,
  problemsOf,
  readForm,
  type SearchForm,
  toSearch,
  writeForm,
} from './searchForm';
import { TraceFilters } from './TraceFilters';
import { TraceTable } from './TraceTable';

export function TracesPage() {
  const locale = useLocale();
  const { t } = locale;
  const time = useTimeControls('');
  const [parameters, setParameters] = useSearchParams();
  const text = writeForm(new URLSearchParams(), readForm(parameters)).toString();
  const form = useMemo(() => readForm(new URLSearchParams(text)), [text]);
  const valid = problemsOf(form).size === 0;
  const identity = `${text} ${time.raw.from} ${time.raw.to}`;
  const found = useResource(identity, valid ? `${identity} ${time.tick}` : undefined, (signal) =>
    searchTraces(toSearch(form, time.range), signal),
  );
  const { refreshNow } = time;
  const onSearch = useCallback(
    (next: SearchForm) => {
      setParameters((current) => writeForm(current, next));
      refreshNow();
    },
    [setParameters, refreshNow],
  );
  return (
    <>
      <PageToolbar title={t('traces.title')} time={time} loading={found.loading} />
      <TraceFilters form={form} time={time} onSearch={onSearch} />
      <Card
        title={t('traces.results')}
        hint={found.data ? t.plural('traces.shown', found.data.length) : undefined}
        warning={staleNote(found, 'traces', locale)}
        loading={found.loading}
        flush
      >
        <Results found={found} form={form} onReset={() => onSearch(EMPTY_FORM)} />
      </Card>
    </>
  );
}

function Results({
  found,
  form,
  onReset,
}: {
  found: Resource<TraceSummary[]>;
  form: SearchForm;
  onReset: () => void;
}) {
  const { t } = useLocale();
  if (found.data && found.data.length > 0) {
    return <TraceTable traces={found.data} />;
  }
  if (found.data) {
    const filtered = isFiltered(form);
    return (
      <StateMessage
        title={t(filtered ? 'traces.empty' : 'traces.emptyRecent')}
        hint={t(filtered ? 'traces.emptyHint' : 'traces.emptyRecentHint')}
        action={
          filtered && (
            <Button variant="secondary" onClick={onReset}>
              {t('traces.resetFilters')}
            </Button>
          )
        }
      />
    );
  }
  return found.error === undefined ? (
    <LoadingState />
  ) : (
    <ErrorState message={describeError(found.error, 'traces', t)} onRetry={found.reload} />
  );
}
