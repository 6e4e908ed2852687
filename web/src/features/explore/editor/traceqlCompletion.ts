// Offers for TraceQL: functions, and the attributes and values that exist in the time range.
import type { Completion, CompletionContext, CompletionSource } from '@codemirror/autocomplete';
import { qualifiedTags, tagScopes, valuesOfTag } from '../../../datasources/tempo/tags';
import type { CompletionScope } from './logqlCompletion';
import { traceqlSituation } from './traceqlSituation';

const START: Completion[] = [
  { label: '{', apply: '{ ' },
  { label: '{ status = error }' },
  { label: '{ duration > 500ms }' },
  { label: '{ } | rate() by (resource.service.name)' },
];
const FUNCTIONS: Completion[] = [
  'rate()',
  'count_over_time()',
  'quantile_over_time(duration, .95)',
  'avg_over_time(duration)',
  'max_over_time(duration)',
  'histogram_over_time(duration)',
  'count()',
  'avg(duration)',
  'max(duration)',
  'select(',
  'by(',
  'coalesce()',
].map((label) => ({ label, type: 'function' }));
const INTRINSICS = [
  'name',
  'status',
  'kind',
  'duration',
  'traceDuration',
  'rootName',
  'rootServiceName',
  'statusMessage',
];

export function traceqlCompletion(scope: () => CompletionScope): CompletionSource {
  return async (context: CompletionContext) => {
    const situation = traceqlSituation(context.state.doc.sliceString(0, context.pos));
    const { uid, range } = scope();
    const answer = (options: Completion[], from: number) => (options.length > 0 ? { from, options } : null);
    switch (situation.kind) {
      case 'start':
        return context.explicit || situation.from < context.pos ? answer(START, situation.from) : null;
      case 'function':
        return answer(FUNCTIONS, situation.from);
      case 'tag': {
        const scopes = await tagScopes(uid, range).catch(() => []);
        const names = [...new Set([...INTRINSICS, ...qualifiedTags(scopes)])];
        return answer(
          names.map((label) => ({ label, type: 'property' })),
          situation.from,
        );
      }
      case 'value': {
        const values = await valuesOfTag(uid, situation.tag, range).catch(() => []);
        const options = values.slice(0, 500).map(({ type, value }) => ({
          label: value,
          detail: type,
          type: 'text',
          apply: type !== 'string' || situation.quoted ? value : JSON.stringify(value),
        }));
        return answer(options, situation.from);
      }
      default:
        return null;
    }
  };
}
