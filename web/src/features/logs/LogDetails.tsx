// The open part of a log line: its fields and labels, each with ways to go on from there.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, ClipboardButton, IconButton, useStyles2 } from '@grafana/ui';
import { NavButton } from '../../components/NavButton';
import type { LogEntry } from '../../datasources/loki/logLine';
import { useLocale } from '../../i18n/context';
import { tracePath } from '../../lib/paths';
import { canFilter, type FieldFilter } from './fieldFilter';
import { useLogActions } from './logActions';

export interface LogDetailsProps {
  entry: LogEntry;
  onFilter?: (filter: FieldFilter) => void;
}

export function LogDetails({ entry, onFilter }: LogDetailsProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const actions = useLogActions();
  const pairs = (record: Record<string, string>) =>
    Object.entries(record).map(([name, value]) => ({ name, value }));
  return (
    <div className={styles.details} data-testid="log-details">
      <div className={styles.actions}>
        {entry.traceId && (
          <NavButton
            to={actions ? actions.traceAddress(entry) : tracePath(entry.traceId, entry.spanId)}
            small
            icon="gf-traces"
          >
            {t('logs.openTrace')}
          </NavButton>
        )}
        {entry.traceId && actions && (
          <NavButton to={actions.splitAddress(entry)} small variant="secondary" icon="columns">
            {t('explore.logs.traceBeside')}
          </NavButton>
        )}
        {actions && (
          <Button size="sm" variant="secondary" icon="list-ul" onClick={() => actions.onContext(entry)}>
            {t('explore.context.show')}
          </Button>
        )}
        <ClipboardButton size="sm" variant="secondary" icon="copy" getText={() => entry.line}>
          {t('logs.copyLine')}
        </ClipboardButton>
      </div>
      {entry.fields ? (
        <Pairs title={t('logs.fields')} kind="field" pairs={entry.fields} entry={entry} onFilter={onFilter} />
      ) : (
        <pre className={styles.line}>{entry.line}</pre>
      )}
      <Pairs
        title={t('logs.labels')}
        kind="label"
        pairs={pairs(entry.labels)}
        entry={entry}
        onFilter={onFilter}
      />
      {(!entry.fields || actions) && (
        <Pairs title={t('logs.metadata')} kind="metadata" pairs={pairs(entry.metadata)} entry={entry} />
      )}
    </div>
  );
}

interface PairsProps extends LogDetailsProps {
  title: string;
  kind: FieldFilter['kind'] | 'metadata';
  pairs: { name: string; value: string }[];
}

function Pairs({ title, kind, pairs, entry, onFilter }: PairsProps) {
  const styles = useStyles2(getStyles);
  const actions = useLogActions();
  const withTools = Boolean(onFilter || actions);
  if (pairs.length === 0) {
    return null;
  }
  return (
    <table className={styles.table}>
      <caption className={styles.caption}>{title}</caption>
      <tbody>
        {pairs.map(({ name, value }) => (
          <tr key={name}>
            {withTools && (
              <td className={actions ? styles.manyTools : styles.tools}>
                <Tools name={name} value={value} kind={kind} entry={entry} onFilter={onFilter} />
              </td>
            )}
            <th scope="row" className={styles.name}>
              {name}
            </th>
            <td className={styles.value}>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface ToolsProps extends LogDetailsProps {
  kind: PairsProps['kind'];
  name: string;
  value: string;
}

/** "Filter for", "filter out" and, in Explore, "show this field". */
function Tools({ kind, name, value, entry, onFilter }: ToolsProps) {
  const { t } = useLocale();
  const actions = useLogActions();
  const apply = (keep: boolean) => {
    if (actions) {
      actions.onFilterValue({ kind, name, value, keep }, entry);
    } else if (kind !== 'metadata') {
      onFilter?.({ kind, name, value, keep });
    }
  };
  const filterable =
    actions || (onFilter && kind !== 'metadata' && canFilter(entry, { kind, name, value, keep: true }));
  const shown = actions?.fields.includes(name);
  return (
    <>
      {filterable && (
        <>
          <IconButton
            name="search-plus"
            size="sm"
            aria-label={t('logs.filterFor', { name, value })}
            onClick={() => apply(true)}
          />
          <IconButton
            name="search-minus"
            size="sm"
            aria-label={t('logs.filterOut', { name, value })}
            onClick={() => apply(false)}
          />
        </>
      )}
      {actions && (
        <IconButton
          name={shown ? 'eye-slash' : 'eye'}
          size="sm"
          aria-label={t(shown ? 'explore.logs.hideField' : 'explore.logs.showField', { name })}
          onClick={() => actions.onToggleField(name)}
        />
      )}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  details: css({
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1),
    padding: theme.spacing(1, 1.5, 1.5, 4),
    [theme.breakpoints.down('sm')]: { paddingLeft: theme.spacing(1.5) },
  }),
  actions: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1) }),
  line: css({ margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }),
  table: css({ width: '100%', borderCollapse: 'collapse' }),
  caption: css({
    captionSide: 'top',
    padding: theme.spacing(0.5, 0),
    color: theme.colors.text.secondary,
    fontFamily: theme.typography.fontFamily,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  tools: css({ width: 52, whiteSpace: 'nowrap', verticalAlign: 'top', padding: theme.spacing(0.25, 0) }),
  manyTools: css({ width: 76, whiteSpace: 'nowrap', verticalAlign: 'top', padding: theme.spacing(0.25, 0) }),
  name: css({
    width: '1%',
    minWidth: 140,
    padding: theme.spacing(0.25, 2, 0.25, 0),
    fontWeight: theme.typography.fontWeightRegular,
    color: theme.colors.text.secondary,
    verticalAlign: 'top',
    textAlign: 'left',
    whiteSpace: 'nowrap',
    [theme.breakpoints.down('sm')]: {
      minWidth: 0,
      whiteSpace: 'normal',
      overflowWrap: 'anywhere',
      width: '35%',
    },
  }),
  value: css({ padding: theme.spacing(0.25, 0), overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }),
});
