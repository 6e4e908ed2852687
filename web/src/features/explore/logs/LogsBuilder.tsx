// LogQL by choosing: labels and their values, text in the line. What stands behind them in the query is kept.
import { css } from '@emotion/css';
import { Button, Combobox, IconButton, Input } from '@grafana/ui';
import { StateMessage } from '../../../components/StateMessage';
import {
  type LineOperator,
  type LogQuery,
  type Matcher,
  type MatchOperator,
  parseQuery,
  printQuery,
} from '../../../datasources/loki/logql';
import { labelNames, valuesOfLabel } from '../../../datasources/loki/metadata';
import { useLocale } from '../../../i18n/context';
import type { TimeControls } from '../../../lib/useTimeControls';

const MATCH_OPERATORS: MatchOperator[] = ['=', '!=', '=~', '!~'];
const LINE_OPERATORS: LineOperator[] = ['|=', '!=', '|~', '!~'];
const PARSERS = ['', 'json', 'logfmt'] as const;

export interface LogsBuilderProps {
  uid: string;
  time: TimeControls;
  value: string;
  onChange: (value: string) => void;
}

const EMPTY: LogQuery = { matchers: [{ label: '', operator: '=', value: '' }], lineFilters: [], rest: '' };

/** Rows that are not complete yet would make the text invalid: they stay out of it. */
export function textOfBuilder(query: LogQuery): string {
  const matchers = query.matchers.filter(({ label, value }) => label !== '' && value !== '');
  return matchers.length === 0
    ? ''
    : printQuery({ ...query, matchers, lineFilters: query.lineFilters.filter(({ value }) => value !== '') });
}

export function LogsBuilder({
  uid,
  time,
  value,
  onChange,
  rows,
  setRows,
}: LogsBuilderProps & { rows: LogQuery | undefined; setRows: (rows: LogQuery) => void }) {
  const { t } = useLocale();
  const parsed = value.trim() === '' ? EMPTY : parseQuery(value);
  const query = rows && textOfBuilder(rows) === value.trim() ? rows : parsed;
  if (!query) {
    return (
      <StateMessage
        compact
        icon="info-circle"
        title={t('explore.builder.tooRich')}
        hint={t('explore.builder.tooRichHint')}
      />
    );
  }
  const change = (next: LogQuery) => {
    setRows(next);
    onChange(textOfBuilder(next));
  };
  const matchers = query.matchers.length > 0 ? query.matchers : EMPTY.matchers;
  const replace = (index: number, part: Partial<Matcher>) =>
    change({
      ...query,
      matchers: matchers.map((matcher, at) => (at === index ? { ...matcher, ...part } : matcher)),
    });
  const parser =
    PARSERS.find((name) => name !== '' && new RegExp(`^\\|\\s*${name}\\b`).test(query.rest)) ?? '';
  const setParser = (name: string) => {
    const others = query.rest.replace(/^\|\s*(json|logfmt)\b\s*/, '');
    change({ ...query, rest: name === '' ? others : `| ${name} ${others}`.trim() });
  };
  return (
    <div className={ROWS}>
      <div className={ROW}>
        <span className={TITLE}>{t('explore.builder.labels')}</span>
        {matchers.map((matcher, index) => {
          const others = matchers.filter((_, at) => at !== index);
          const selector = textOfBuilder({ matchers: others, lineFilters: [], rest: '' }) || undefined;
          const asOptions = (values: string[]) => values.map((text) => ({ label: text, value: text }));
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
            <div key={index} className={GROUP} data-testid="label-filter">
              <Combobox
                key={`label ${time.tick}`}
                width={20}
                aria-label={t('explore.builder.label')}
                placeholder={t('explore.builder.label')}
                options={async () => asOptions(await labelNames(uid, time.range, selector).catch(() => []))}
                value={matcher.label || null}
                createCustomValue
                onChange={(option) => replace(index, { label: option.value, value: '' })}
              />
              <Combobox
                width={8}
                aria-label={t('explore.builder.operator')}
                options={MATCH_OPERATORS.map((text) => ({ label: text, value: text }))}
                value={matcher.operator}
                onChange={(option) => replace(index, { operator: option.value })}
              />
              <Combobox
                key={`value ${matcher.label}`}
                width={26}
                aria-label={t('explore.builder.value')}
                placeholder={t('explore.builder.value')}
                disabled={matcher.label === ''}
                options={async () =>
                  asOptions(await valuesOfLabel(uid, matcher.label, time.range, selector).catch(() => []))
                }
                value={matcher.value || null}
                createCustomValue
                onChange={(option) => replace(index, { value: option.value })}
              />
              <IconButton
                name="times"
                aria-label={t('explore.builder.remove')}
                onClick={() => change({ ...query, matchers: others })}
              />
            </div>
          );
        })}
        <Button
          size="sm"
          variant="secondary"
          icon="plus"
          aria-label={t('explore.builder.addLabel')}
          onClick={() =>
            change({ ...query, matchers: [...matchers, { label: '', operator: '=', value: '' }] })
          }
        />
      </div>
      <div className={ROW}>
        <span className={TITLE}>{t('explore.builder.line')}</span>
        {query.lineFilters.map((filter, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
          <div key={index} className={GROUP}>
            <Combobox
              width={8}
              aria-label={t('explore.builder.operator')}
              options={LINE_OPERATORS.map((text) => ({ label: text, value: text }))}
              value={filter.operator}
              onChange={(option) =>
                change({
                  ...query,
                  lineFilters: query.lineFilters.map((one, at) =>
                    at === index ? { ...one, operator: option.value } : one,
                  ),
                })
              }
            />
            <Input
              width={30}
              aria-label={t('logs.contains')}
              placeholder={t('logs.containsPlaceholder')}
              value={filter.value}
              onChange={(event) => {
                const text = event.currentTarget.value;
                change({
                  ...query,
                  lineFilters: query.lineFilters.map((one, at) =>
                    at === index ? { ...one, value: text } : one,
                  ),
                });
              }}
            />
            <IconButton
              name="times"
              aria-label={t('explore.builder.remove')}
              onClick={() =>
                change({ ...query, lineFilters: query.lineFilters.filter((_, at) => at !== index) })
              }
            />
          </div>
        ))}
        <Button
          size="sm"
          variant="secondary"
          icon="plus"
          onClick={() =>
            change({ ...query, lineFilters: [...query.lineFilters, { operator: '|=', value: '' }] })
          }
        >
          {t('explore.builder.addLine')}
        </Button>
        <Combobox
          width={18}
          aria-label={t('explore.builder.parser')}
          options={PARSERS.map((name) => ({
            value: name as string,
            label: name || t('explore.builder.noParser'),
          }))}
          value={parser as string}
          onChange={(option) => setParser(option.value)}
        />
      </div>
      <code className={PREVIEW} data-testid="query-preview">
        {value || t('explore.builder.choose')}
      </code>
    </div>
  );
}

const ROWS = css({ display: 'flex', flexDirection: 'column', gap: 8 });
const ROW = css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 8 });
const GROUP = css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 4, maxWidth: '100%' });
const TITLE = css({ minWidth: 90, fontSize: 12 });
const PREVIEW = css({ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap', padding: '4px 8px' });
