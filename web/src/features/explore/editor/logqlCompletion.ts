// Offers for LogQL: what the language has, and the labels, values and fields that exist in the time range.
import type {
  Completion,
  CompletionContext,
  CompletionResult,
  CompletionSource,
} from '@codemirror/autocomplete';
import { selectorIn } from '../../../datasources/loki/lineFilter';
import { detectedFields, labelNames, valuesOfField, valuesOfLabel } from '../../../datasources/loki/metadata';
import type { AbsoluteRange } from '../../../lib/timeRange';
import { logqlSituation } from './logqlSituation';

const words = (labels: string[], type: string): Completion[] => labels.map((label) => ({ label, type }));

const FUNCTIONS = words(
  [
    'count_over_time',
    'rate',
    'bytes_over_time',
    'bytes_rate',
    'sum_over_time',
    'avg_over_time',
    'max_over_time',
    'min_over_time',
    'quantile_over_time',
    'absent_over_time',
    'sum',
    'avg',
    'max',
    'min',
    'count',
    'topk',
    'bottomk',
    'sort_desc',
  ],
  'function',
);
const STAGES: Completion[] = [
  { label: 'json', detail: 'fields of JSON lines' },
  { label: 'logfmt', detail: 'fields of key=value lines' },
  { label: 'pattern', apply: 'pattern "<_>"' },
  { label: 'regexp', apply: 'regexp "(?P<name>.*)"' },
  { label: 'unpack' },
  { label: 'line_format', apply: 'line_format "{{.message}}"' },
  { label: 'label_format' },
  { label: 'decolorize' },
  { label: 'drop' },
  { label: 'keep' },
  { label: 'unwrap' },
].map((stage) => ({ type: 'keyword', ...stage }));
const RANGES = words(['$__auto', '$__range', '1m', '5m', '15m', '1h', '1d'], 'constant');

export interface CompletionScope {
  uid: string;
  range: AbsoluteRange;
}

export function logqlCompletion(scope: () => CompletionScope): CompletionSource {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const whole = context.state.doc.toString();
    const situation = logqlSituation(whole.slice(0, context.pos));
    if (
      situation.kind === 'none' ||
      (situation.kind === 'start' && situation.from === context.pos && !context.explicit)
    ) {
      return null;
    }
    const { uid, range } = scope();
    const offers = await offersFor(situation, whole, uid, range).catch((): Completion[] => []);
    return context.aborted || offers.length === 0 ? null : { from: situation.from, options: offers };
  };
}

async function offersFor(
  situation: ReturnType<typeof logqlSituation>,
  whole: string,
  uid: string,
  range: AbsoluteRange,
): Promise<Completion[]> {
  const selector = selectorIn(whole);
  const quoted = (values: string[], open: boolean) =>
    values.slice(0, 500).map((value) => ({
      label: value,
      type: 'text',
      apply: open ? value.replace(/["\\]/g, '\\$&') : JSON.stringify(value),
    }));
  switch (situation.kind) {
    case 'start':
      return [{ label: '{', type: 'keyword' }, ...FUNCTIONS];
    case 'label':
      return words(await labelNames(uid, range, undefined), 'property');
    case 'value':
      return quoted(await valuesOfLabel(uid, situation.label, range, undefined), situation.quoted);
    case 'range':
      return RANGES;
    case 'fieldValue':
      return selector
        ? quoted(await valuesOfField(uid, situation.field, selector, range), situation.quoted)
        : [];
    case 'grouping':
    case 'stage': {
      const labels = words(await labelNames(uid, range, selector), 'property');
      const fields = selector ? await detectedFields(uid, selector, range).catch(() => []) : [];
      const found = fields.map(({ label, type }) => ({ label, type: 'property', detail: type }));
      return [...(situation.kind === 'stage' ? STAGES : labels), ...found];
    }
    default:
      return [];
  }
}
