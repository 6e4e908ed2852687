// LogQL and TraceQL for CodeMirror: Grafana's grammars, and which part has which colour.
import { HighlightStyle, LanguageSupport, LRLanguage, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import type { GrafanaTheme2 } from '@grafana/data';
import { parser as logqlParser } from '@grafana/lezer-logql';
import { parser as traceqlParser } from '@grafana/lezer-traceql';
import { styleTags, tags } from '@lezer/highlight';

const logql = LRLanguage.define({
  name: 'logql',
  parser: logqlParser.configure({
    props: [
      styleTags({
        'Sum Avg Count Max Min Stddev Stdvar Bottomk Topk': tags.function(tags.variableName),
        'Rate CountOverTime RateCounter BytesRate BytesOverTime AvgOverTime SumOverTime MinOverTime MaxOverTime QuantileOverTime FirstOverTime LastOverTime AbsentOverTime':
          tags.function(tags.variableName),
        'Json Logfmt Regexp Pattern Unpack Unwrap Decolorize LineFormat LabelFormat Drop Keep': tags.keyword,
        'By Without And Or Unless On Ignoring GroupLeft GroupRight Bool Offset': tags.operatorKeyword,
        Identifier: tags.propertyName,
        String: tags.string,
        'Number Duration Bytes': tags.number,
        LineComment: tags.lineComment,
        'Eq Neq Re Nre Gtr Gte Lss Lte PipeExact PipeMatch PipePattern Npa Pipe': tags.operator,
      }),
    ],
  }),
});

const traceql = LRLanguage.define({
  name: 'traceql',
  parser: traceqlParser.configure({
    props: [
      styleTags({
        'Span Resource Event Link Instrumentation Parent': tags.keyword,
        IntrinsicField: tags.atom,
        Identifier: tags.propertyName,
        String: tags.string,
        'Integer Float Duration': tags.number,
        'FieldOp ComparisonOp Pipe And Or Desc Anc': tags.operator,
        'Aggregate AggregateExpression': tags.function(tags.variableName),
        'LineComment BlockComment': tags.comment,
      }),
    ],
  }),
});

export type QueryLanguage = 'logql' | 'traceql';

export function languageSupport(language: QueryLanguage, theme: GrafanaTheme2): Extension {
  const color = (name: string) =>
    theme.visualization.getColorByName(theme.isDark ? `light-${name}` : `dark-${name}`);
  const style = HighlightStyle.define([
    { tag: tags.function(tags.variableName), color: color('yellow') },
    { tag: [tags.keyword, tags.operatorKeyword], color: color('purple') },
    { tag: tags.propertyName, color: color('blue') },
    { tag: tags.atom, color: color('red') },
    { tag: tags.string, color: color('orange') },
    { tag: tags.number, color: color('green') },
    { tag: tags.operator, color: theme.colors.text.secondary },
    { tag: [tags.comment, tags.lineComment], color: theme.colors.text.disabled },
  ]);
  return [new LanguageSupport(language === 'logql' ? logql : traceql), syntaxHighlighting(style)];
}
