//! The printer and the parser are inverse, and no text makes the parser panic.

use logql::*;
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    "[a-z]{1,3}_[a-z0-9_]{0,4}"
}

fn matcher() -> impl Strategy<Value = Matcher> {
    let op = prop_oneof![Just(MatchOp::Equal), Just(MatchOp::NotEqual)];
    let exact = (name(), op, ".{0,8}").prop_map(|(name, op, value)| Matcher { name, op, value });
    let op = prop_oneof![Just(MatchOp::Regex), Just(MatchOp::NotRegex)];
    let regex =
        (name(), op, "[a-z]{0,3}(\\.[*+])?").prop_map(|(name, op, value)| Matcher { name, op, value });
    prop_oneof![exact, regex]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::*;
    prop::sample::select(vec![Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual])
}

fn label_filter() -> impl Strategy<Value = LabelFilter> {
    let leaf = prop_oneof![
        matcher().prop_map(LabelFilter::Matcher),
        (name(), comparison(), -1e9..1e9f64).prop_map(|(name, comparison, value)| LabelFilter::Number {
            name,
            comparison,
            value
        }),
        (name(), comparison(), 0..i64::MAX).prop_map(|(name, comparison, nanos)| LabelFilter::Duration {
            name,
            comparison,
            nanos
        }),
        (name(), comparison(), 0..1u64 << 50).prop_map(|(name, comparison, bytes)| LabelFilter::Bytes {
            name,
            comparison,
            value: ByteLiteral(bytes)
        }),
        (name(), any::<bool>()).prop_map(|(name, negated)| LabelFilter::Ip {
            name,
            negated,
            pattern: "10.0.0.0/8".to_owned()
        }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let and = prop::collection::vec(inner.clone(), 2..4).prop_filter_map("flat chains", |all| {
            (!matches!(all[0], LabelFilter::And(_))).then_some(LabelFilter::And(all))
        });
        let or = prop::collection::vec(inner, 2..4).prop_filter_map("flat chains", |all| {
            (!matches!(all[0], LabelFilter::Or(_))).then_some(LabelFilter::Or(all))
        });
        prop_oneof![and, or]
    })
}

fn line_filter() -> impl Strategy<Value = LineFilter> {
    let op = prop_oneof![Just(FilterOp::Contains), Just(FilterOp::NotContains)];
    let operand = prop_oneof![
        4 => ".{0,10}".prop_map(LineMatch::Text),
        1 => Just(LineMatch::Ip("::1".to_owned())),
    ];
    (op, prop::collection::vec(operand, 1..4)).prop_map(|(op, operands)| LineFilter { op, operands })
}

fn extractions() -> impl Strategy<Value = Vec<Extraction>> {
    prop::collection::vec(
        (name(), name()).prop_map(|(name, expression)| Extraction { name, expression }),
        0..3,
    )
}

fn label_edits() -> impl Strategy<Value = Vec<LabelEdit>> {
    let edit = prop_oneof![name().prop_map(LabelEdit::Name), matcher().prop_map(LabelEdit::Matching)];
    prop::collection::vec(edit, 1..3)
}

fn stage() -> impl Strategy<Value = Stage> {
    prop_oneof![
        line_filter().prop_map(Stage::LineFilter),
        extractions().prop_map(Stage::Json),
        (any::<bool>(), any::<bool>(), extractions()).prop_map(|(strict, keep_empty, extractions)| {
            Stage::Logfmt { flags: LogfmtFlags { strict, keep_empty }, extractions }
        }),
        Just(Stage::Regexp("(?P<x>\\d+)".to_owned())),
        Just(Stage::Pattern("<x> \"<y>\"".to_owned())),
        Just(Stage::Unpack),
        label_filter().prop_map(Stage::LabelFilter),
        Just(Stage::LineFormat("{{.x}}".to_owned())),
        name().prop_map(|source| Stage::LabelFormat(vec![LabelFormat {
            name: "x".to_owned(),
            source: FormatSource::Label(source)
        }])),
        Just(Stage::Decolorize),
        label_edits().prop_map(Stage::Drop),
        label_edits().prop_map(Stage::Keep),
    ]
}

fn log() -> impl Strategy<Value = LogExpr> {
    (prop::collection::vec(matcher(), 0..3), prop::collection::vec(stage(), 0..4)).prop_map(
        |(mut matchers, stages)| {
            matchers.push(Matcher { name: "a".to_owned(), op: MatchOp::Equal, value: "b".to_owned() });
            let mut kept: Vec<Stage> = Vec::new();
            for stage in stages {
                // After `drop x`, a `!= "y"` belongs to x: no text means a line filter there.
                let ambiguous = matches!(kept.last(), Some(Stage::Drop(_) | Stage::Keep(_)));
                if !(ambiguous && matches!(stage, Stage::LineFilter(_))) {
                    kept.push(stage);
                }
            }
            LogExpr { selector: Selector { matchers }, stages: kept }
        },
    )
}

fn grouping() -> impl Strategy<Value = Option<Grouping>> {
    let some = (any::<bool>(), prop::collection::vec(name(), 0..3));
    prop::option::of(some.prop_map(|(without, labels)| Grouping { without, labels }))
}

fn plain_range() -> impl Strategy<Value = RangeAggregation> {
    (log(), 1..1_000_000i64, -1_000_000..1_000_000i64).prop_map(|(log, range, offset)| RangeAggregation {
        op: RangeOp::Rate,
        param: None,
        log,
        unwrap: None,
        range: range * 1_000_000,
        offset: offset * 1_000,
        grouping: None,
    })
}

fn range() -> impl Strategy<Value = MetricExpr> {
    let unwrapped =
        (plain_range(), 0.0..1.0f64, grouping(), name(), prop::collection::vec(label_filter(), 0..2))
            .prop_map(|(plain, param, grouping, label, filters)| RangeAggregation {
                op: RangeOp::Quantile,
                param: Some(param),
                unwrap: Some(Unwrap { label, conversion: Some(UnwrapConversion::Bytes), filters }),
                grouping,
                ..plain
            });
    prop_oneof![plain_range(), unwrapped].prop_map(|range| MetricExpr::Range(Box::new(range)))
}

fn matching() -> impl Strategy<Value = Option<Matching>> {
    let cardinality =
        prop::sample::select(vec![Cardinality::OneToOne, Cardinality::ManyToOne, Cardinality::OneToMany]);
    let names = || prop::collection::vec(name(), 0..3);
    prop::option::of((any::<bool>(), names(), cardinality, names()).prop_map(
        |(on, labels, cardinality, include)| Matching {
            on,
            labels,
            include: if cardinality == Cardinality::OneToOne { Vec::new() } else { include },
            cardinality,
        },
    ))
}

fn metric() -> impl Strategy<Value = MetricExpr> {
    let leaf = prop_oneof![3 => range(), 1 => (0.0..1e6f64).prop_map(MetricExpr::VectorOf)];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let vector = (inner.clone(), grouping(), any::<bool>()).prop_map(|(inner, grouping, top)| {
            let (op, param) = if top { (VectorOp::Topk, Some(3)) } else { (VectorOp::Sum, None) };
            MetricExpr::Vector(Box::new(VectorAggregation { op, param, inner, grouping }))
        });
        let op = prop::sample::select(BinaryOp::ALL.to_vec());
        let binary = (op, any::<bool>(), matching(), inner.clone(), inner.clone()).prop_map(
            |(op, returns_bool, matching, left, right)| {
                MetricExpr::Binary(Box::new(BinaryExpr { op, returns_bool, matching, left, right }))
            },
        );
        let literal = (inner.clone(), -1e6..1e6f64).prop_map(|(left, number)| {
            let right = MetricExpr::Number(number);
            let op = BinaryOp::Mul;
            MetricExpr::Binary(Box::new(BinaryExpr { op, returns_bool: false, matching: None, left, right }))
        });
        let replace = (inner, name(), ".{0,5}").prop_map(|(inner, target, replacement)| {
            let (source, regex) = ("src".to_owned(), "(.*)".to_owned());
            MetricExpr::LabelReplace(Box::new(LabelReplace { inner, target, replacement, source, regex }))
        });
        prop_oneof![vector, binary, literal, replace]
    })
}

proptest! {
    #[test]
    fn log_queries_survive_printing(log in log()) {
        let expr = Expr::Log(log);
        prop_assert_eq!(parse_expr(&expr.to_string()).unwrap(), expr);
    }

    #[test]
    fn metric_queries_survive_printing(metric in metric()) {
        let expr = Expr::Metric(metric);
        let text = expr.to_string();
        prop_assert_eq!(&parse_expr(&text).unwrap(), &expr);
        prop_assert_eq!(&parse_expr(&format_query(&text).unwrap()).unwrap(), &expr);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,60}") {
        drop(parse_expr(&text));
    }

    #[test]
    fn no_row_of_words_makes_the_parser_panic(words in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "a", "=", "\"b\"", "|", "|=", "json", "logfmt", "--strict", "(", ")", "[5m]", "[", "rate", "sum",
        "by", "5", "5m", "5KB", "or", "and", ",", "on", "group_left", "offset", "unwrap", "-", "+", "*", "ip",
        "drop", "\"", "`", "#", "\n", "line_format", "\"{{.x}}\"", "label_replace", "vector", "topk", "é",
    ]), 0..20)) {
        drop(parse_expr(&words.join(" ")));
        drop(parse_expr(&words.concat()));
    }
}
