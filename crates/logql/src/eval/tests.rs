//! Metric queries over a handful of lines, and log queries.

use super::*;
use crate::{Expr, FieldNeeds, Needs, Parser, Row, parse_expr, parse_metric};

const SECOND: i64 = 1_000_000_000;

/// Labels, second, line, metadata.
type Line = (&'static str, i64, &'static str, &'static [(&'static str, &'static str)]);

const LINES: [Line; 8] = [
    (r#"{app="a", env="x"}"#, 10, "v=1 u=1s g=p", &[]),
    (r#"{app="a", env="x"}"#, 20, "v=2 u=2s g=q", &[]),
    (r#"{app="a", env="x"}"#, 40, "v=5 u=500ms g=p", &[]),
    (r#"{app="b", env="x"}"#, 20, "v=10 g=p", &[("pod", "p-1")]),
    (r#"{app="b", env="x"}"#, 30, "v=20 g=q", &[("pod", "p-2")]),
    (r#"{app="b", env="x"}"#, 60, "v=NaN g=q", &[("pod", "p-1")]),
    (r#"{app="c", env="y"}"#, 15, r#"{"v":7,"bad":tru}"#, &[]),
    (r#"{app="c", env="y"}"#, 50, r#"{"v":8}"#, &[]),
];

fn evaluate(query: &str, axis: TimeAxis, options: MetricOptions) -> Result<Value, EvalError> {
    let plan = MetricPlan::new(&parse_metric(query).unwrap(), axis, options).unwrap();
    let mut parts = Vec::new();
    for leaf in plan.leaves() {
        let reads = leaf.reads();
        // One collector per line: merging parts must not matter.
        let mut of_leaf = Vec::new();
        for (labels, second, line, metadata) in LINES.iter().rev() {
            let labels = model::parse_label_set(labels).unwrap();
            let timestamp = second * SECOND;
            if leaf.compiled_selector().matches(&labels)
                && reads.after < timestamp
                && timestamp <= reads.until
            {
                let mut collector = leaf.collector();
                collector.begin_stream(&labels);
                let _also_in_the_part = collector.push(Row { timestamp, line, metadata });
                of_leaf.push(collector.finish());
            }
        }
        parts.push(of_leaf);
    }
    plan.evaluate(parts)
}

/// `{a="b"} 1; {} 2`, or the error.
fn at(query: &str, second: i64) -> String {
    match evaluate(query, TimeAxis::instant(second * SECOND), MetricOptions::default()) {
        Ok(Value::Vector(samples)) => {
            let shown = |sample: &Sample| format!("{} {}", sample.labels, crate::SampleValue(sample.value));
            samples.iter().map(shown).collect::<Vec<_>>().join("; ")
        }
        Ok(Value::Scalar { value, .. }) => format!("scalar {}", crate::SampleValue(value)),
        Ok(other) => format!("{other:?}"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(table: &[(&str, &str)]) {
    for (query, expected) in table {
        assert_eq!(at(query, 60), *expected, "{query}");
    }
}

#[test]
fn range_aggregations() {
    check(&[
        (r#"count_over_time({app="a"}[1m])"#, r#"{app="a", env="x"} 3"#),
        (r#"count_over_time({app="a"}[50s])"#, r#"{app="a", env="x"} 2"#), // the line at 10 s is just outside
        (r#"count_over_time({app="a"}[1m] offset 25s)"#, r#"{app="a", env="x"} 2"#),
        (r#"rate({app="a"}[1m])"#, r#"{app="a", env="x"} 0.05"#),
        (r#"bytes_over_time({app="a"} |= "v=5" [1m])"#, r#"{app="a", env="x"} 15"#),
        (r#"bytes_rate({app="a"} | line_format "xy" [1m])"#, r#"{app="a", env="x"} 0.1"#),
        (
            r#"count_over_time({app="b"}[1m])"#,
            r#"{app="b", env="x", pod="p-1"} 2; {app="b", env="x", pod="p-2"} 1"#,
        ),
        (r#"absent_over_time({app="a"}[1m])"#, ""),
        (r#"absent_over_time({app="z", env=~"x"}[1m])"#, r#"{app="z"} 1"#),
        (r#"count_over_time({app="z"}[1m])"#, ""),
    ]);
}

#[test]
fn unwrapped_aggregations() {
    let over = |op: &str| format!(r#"{op}({{app="a"}} | logfmt | drop u, g | unwrap v [1m])"#);
    for (op, expected) in [
        ("sum_over_time", "8"),
        ("avg_over_time", "2.6666666666666665"),
        ("min_over_time", "1"),
        ("max_over_time", "5"),
        ("first_over_time", "1"),
        ("last_over_time", "5"),
        ("stdvar_over_time", "2.8888888888888893"),
        ("rate", "0.13333333333333333"),
    ] {
        assert_eq!(at(&over(op), 60), format!("{{app=\"a\", env=\"x\"}} {expected}"), "{op}");
    }
    check(&[
        (r#"quantile_over_time(0.5, {app="a"} | logfmt v | unwrap v [1m])"#, r#"{app="a", env="x"} 2"#),
        (r#"sum_over_time({app="a"} | logfmt u | unwrap duration(u) [1m])"#, r#"{app="a", env="x"} 3.5"#),
        (r#"max_over_time({app="a"} | logfmt | unwrap v [1m]) by (g)"#, r#"{g="p"} 5; {g="q"} 2"#),
        (
            r#"max_over_time({app="a"} | logfmt | unwrap v [1m]) without (env, u)"#,
            r#"{app="a", g="p"} 5; {app="a", g="q"} 2"#,
        ),
        (r#"sum_over_time({app="b"} | logfmt v | drop pod | unwrap v [1m])"#, r#"{app="b", env="x"} NaN"#),
        (r#"min_over_time({app="b"} | logfmt v | drop pod | unwrap v [1m])"#, r#"{app="b", env="x"} 10"#),
        (r#"sum_over_time({app="a"} | unwrap nosuch [1m])"#, ""),
        (r#"sum_over_time({app="a"} | logfmt v | unwrap v | v > 1 [1m])"#, r#"{app="a", env="x"} 7"#),
        (r#"rate_counter({app="a"} |= "v=5" | logfmt v | unwrap v [1m])"#, r#"{app="a", env="x"} 0"#),
    ]);
}

#[test]
fn vector_aggregations() {
    let counts = r#"count_over_time({env=~".+"}[1m])"#;
    for (query, expected) in [
        (format!("sum({counts})"), "{} 8"),
        (format!("sum by (app) ({counts})"), r#"{app="a"} 3; {app="b"} 3; {app="c"} 2"#),
        (format!("sum without (app, pod) ({counts})"), r#"{env="x"} 6; {env="y"} 2"#),
        (format!("avg by (env) ({counts})"), r#"{env="x"} 2; {env="y"} 2"#),
        (format!("min({counts})"), "{} 1"),
        (format!("max({counts})"), "{} 3"),
        (format!("count({counts})"), "{} 4"),
        (format!("stddev(sum by (env) ({counts}))"), "{} 2"),
        (format!("topk(1, {counts})"), r#"{app="a", env="x"} 3"#),
        (
            format!("bottomk by (env) (1, {counts})"),
            r#"{app="b", env="x", pod="p-2"} 1; {app="c", env="y"} 2"#,
        ),
        (format!("sort_desc(sum by (env) ({counts}))"), r#"{env="x"} 6; {env="y"} 2"#),
        (format!("sort(sum by (env) ({counts}))"), r#"{env="y"} 2; {env="x"} 6"#),
        (format!("sum by (nosuch) ({counts})"), "{} 8"),
    ] {
        assert_eq!(at(&query, 60), expected, "{query}");
    }
}

#[test]
fn binary_operators() {
    let by_app = r#"sum by (app) (count_over_time({env="x"}[1m]))"#;
    let by_pod = r#"sum by (app, pod) (count_over_time({env="x"}[1m]))"#;
    for (query, expected) in [
        ("1 + 2".to_owned(), "scalar 3"),
        ("vector(3) / 0".to_owned(), "{} NaN"),
        (format!("{by_app} * 2"), r#"{app="a"} 6; {app="b"} 6"#),
        (format!("10 - {by_app}"), r#"{app="a"} 7; {app="b"} 7"#),
        (format!("{by_app} > 5"), ""),
        (format!("5 > {by_app}"), r#"{app="a"} 3; {app="b"} 3"#),
        (format!("{by_app} > bool 5"), r#"{app="a"} 0; {app="b"} 0"#),
        (format!("{by_app} + {by_app}"), r#"{app="a"} 6; {app="b"} 6"#),
        (format!("{by_app} and {by_app} > 5"), ""),
        (format!("{by_app} > 5 or vector(0)"), "{} 0"),
        (format!("{by_app} unless on(app) {by_pod} == 1"), r#"{app="a"} 3"#),
        (
            format!("{by_pod} / on(app) group_left {by_app}"),
            r#"{app="a"} 1; {app="b", pod="p-1"} 0.6666666666666666; {app="b", pod="p-2"} 0.3333333333333333"#,
        ),
        (format!("{by_app} - ignoring(pod) group_right {by_pod} == 1"), r#"{app="b", pod="p-1"} 1"#),
        (
            format!("{by_app} / on(app) {by_pod}"),
            "found duplicate series on the right hand-side;many-to-many matching not allowed: matching labels must be unique on one side",
        ),
        (
            format!("{by_pod} / on(app) {by_app}"),
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        ),
        (
            format!(r#"label_replace({by_app}, "name", "x-$1", "app", "(.)")"#),
            r#"{app="a", name="x-a"} 3; {app="b", name="x-b"} 3"#,
        ),
    ] {
        assert_eq!(at(&query, 60), expected, "{query}");
    }
}

#[test]
fn faulty_lines_fail_metric_queries_unless_filtered() {
    let error = at(r#"count_over_time({app="c"} | json [1m])"#, 60);
    assert!(
        error.starts_with("pipeline error: 'JSONParserErr' for series: '{__error__=\"JSONParserErr\", "),
        "{error}"
    );
    assert!(error.ends_with("(e.g | unwrap latency | __error__=\"\" )\n"), "{error}");
    check(&[
        (r#"count_over_time({app="c"} | json | __error__="" [1m])"#, r#"{app="c", env="y", v="8"} 1"#),
        (r#"sum(count_over_time({app="c"} | json | drop __error__, __error_details__ [1m]))"#, "{} 2"),
        // Nothing behind the needed field is looked at, so the fault there is not met.
        (r#"sum by (v) (count_over_time({app="c"} | json [1m]))"#, r#"{v="7"} 1; {v="8"} 1"#),
        (r#"sum(count_over_time({app="c"} | json [1m]))"#, "{} 2"),
        (r#"sum by (app) (count_over_time({app="c"} | json | __error__!="" [1m]))"#, r#"{app="c"} 1"#),
    ]);
}

#[test]
fn ranges_have_points_where_windows_have_lines() {
    let axis = TimeAxis::aligned_range(0, 60 * SECOND, 20 * SECOND);
    let value = evaluate(r#"sum by (app) (count_over_time({env="x"}[20s]))"#, axis, MetricOptions::default())
        .unwrap();
    let Value::Matrix(series) = value else { panic!("a matrix") };
    let points =
        |series: &Series| series.points.iter().map(|(at, value)| (at / SECOND, *value)).collect::<Vec<_>>();
    assert_eq!(points(&series[0]), [(20, 2.0), (40, 1.0)]);
    assert_eq!(points(&series[1]), [(20, 1.0), (40, 1.0), (60, 1.0)]);
    let Value::Matrix(scalar) = evaluate("1 + 1", axis, MetricOptions::default()).unwrap() else {
        panic!("a matrix")
    };
    assert_eq!(scalar[0].points.len(), 4);
}

#[test]
fn limits_are_told() {
    let options = MetricOptions { max_series: 2, max_inner_series: 3 };
    let instant = TimeAxis::instant(60 * SECOND);
    for (query, expected) in [
        (r#"count_over_time({app="b"}[1m])"#, None),
        (r#"count_over_time({env="x"}[1m])"#, Some("maximum number of series (2) reached")),
        (r#"topk(1, count_over_time({env="x"}[1m]))"#, Some("maximum number of series (2) reached")),
        (r#"max(count_over_time({env="x"}[1m]))"#, None),
        (r#"max(count_over_time({env=~".+"} | logfmt [1m]))"#, Some("too many series in memory (limit: 3)")),
    ] {
        match (evaluate(query, instant, options), expected) {
            (Ok(_), None) => {}
            (Err(error), Some(text)) => assert!(error.to_string().contains(text), "{query}: {error}"),
            (found, _) => panic!("{query}: {found:?}"),
        }
    }
    let approx = r#"approx_topk(1, count_over_time({env="x"}[1m]))"#;
    let axis = TimeAxis::range(0, 60 * SECOND, SECOND);
    assert_eq!(evaluate(approx, axis, MetricOptions::default()), Err(EvalError::ApproxTopkInRange));
}

#[test]
fn log_queries_keep_the_first_or_the_last() {
    let lines = |query: &str, direction, limit, interval| {
        let Expr::Log(log) = parse_expr(query).unwrap() else { panic!("a log query") };
        let plan = LogPlan::new(&log, LogOptions { direction, limit, interval }).unwrap();
        let mut parts = Vec::new();
        for (order, (labels, second, line, metadata)) in LINES.iter().enumerate() {
            let labels = model::parse_label_set(labels).unwrap();
            if plan.compiled_selector().matches(&labels) {
                let mut collector = plan.collector();
                collector.begin_stream(&labels, order as u64);
                collector.push(Row { timestamp: second * SECOND, line, metadata });
                parts.push(collector.finish());
            }
        }
        let entries = plan.finish(parts);
        entries.iter().map(|entry| entry.timestamp / SECOND).collect::<Vec<_>>()
    };
    let all = r#"{env=~".+"}"#;
    assert_eq!(lines(all, Direction::Forward, 3, 0), [10, 15, 20]);
    assert_eq!(lines(all, Direction::Backward, 3, 0), [60, 50, 40]);
    assert_eq!(lines(all, Direction::Forward, 3, 15 * SECOND), [10, 30, 50]);
    assert_eq!(lines(r#"{app="b"} |= "g=q""#, Direction::Forward, 9, 0), [30, 60]);
}

#[test]
fn labels_of_lines_are_kept_apart() {
    let Expr::Log(log) = parse_expr(r#"{app="b"} | logfmt"#).unwrap() else { panic!("a log query") };
    let plan =
        LogPlan::new(&log, LogOptions { direction: Direction::Forward, limit: 10, interval: 0 }).unwrap();
    let mut collector = plan.collector();
    collector.begin_stream(&model::parse_label_set(r#"{app="b"}"#).unwrap(), 0);
    collector.push(Row { timestamp: 1, line: "v=1", metadata: &[("pod", "p")] });
    let entries = plan.finish(vec![collector.finish()]);
    let labels = &entries[0].labels;
    let shown = [&labels.stream, &labels.metadata, &labels.parsed].map(ToString::to_string);
    assert_eq!(shown, [r#"{app="b"}"#, r#"{pod="p"}"#, r#"{v="1"}"#]);
    assert_eq!(group_streams(entries.clone(), false)[0].labels.to_string(), r#"{app="b", pod="p", v="1"}"#);
    assert_eq!(group_streams(entries, true)[0].labels.to_string(), r#"{app="b"}"#);
}

#[test]
fn plans_say_what_they_read() {
    let plan = |query: &str| {
        MetricPlan::new(&parse_metric(query).unwrap(), TimeAxis::instant(100), MetricOptions::default())
            .unwrap()
    };
    let counted = plan(r#"sum by (v) (count_over_time({app="a"} | json | w > 1 [40ms] offset 10ns))"#);
    let leaf = &counted.leaves()[0];
    assert_eq!(leaf.reads(), ReadRange { after: 90 - 40_000_000, until: 90 });
    let fields = |parser, labels: &[&str], all_metadata| {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        Needs::Fields(FieldNeeds { parser, labels, all_metadata, required: Vec::new(), bounds: Vec::new() })
    };
    let Needs::Fields(mut needs) = leaf.needs() else { panic!("fields") };
    assert_eq!(std::mem::take(&mut needs.bounds), [("w".to_owned(), 1.0, f64::INFINITY)]);
    assert_eq!(Needs::Fields(needs), fields(Some(Parser::Json), &["w", "v"], false));
    for (query, expected) in [
        (r#"rate({app="a"} |= "x" [1m])"#, fields(None, &[], true)),
        (r#"sum(rate({app="a"} |= "x" [1m]))"#, fields(None, &[], false)),
        (r#"sum(rate({app="a"} | json [1m]))"#, fields(None, &[], false)),
        (r#"sum by (v) (rate({app="a"} | json | logfmt [1m]))"#, Needs::Row),
        (r#"sum by (v) (rate({app="a"} | json v="x" [1m]))"#, Needs::Row),
        (r#"sum by (v) (rate({app="a"} | logfmt [1m]))"#, fields(Some(Parser::Logfmt), &["v"], false)),
        (r#"rate({app="a"} | json [1m])"#, Needs::Row),
        (r#"bytes_rate({app="a"}[1m])"#, Needs::Row),
        (r#"sum by (v) (rate({app="a"} | json |= "late" [1m]))"#, fields(Some(Parser::Json), &["v"], false)),
        (r#"sum by (v) (rate({app="a"} | line_format "x" | json [1m]))"#, Needs::Row),
    ] {
        assert_eq!(plan(query).leaves()[0].needs(), expected, "{query}");
    }
    for (query, expected) in [
        (r#"sum by (v) (sum_over_time({app="a"} | json | unwrap w [1m]))"#, Some("w")),
        (r#"sum by (w) (sum_over_time({app="a"} | json | unwrap w [1m]))"#, None),
        (r#"sum by (v) (sum_over_time({app="a"} | json | w > 1 | unwrap w [1m]))"#, None),
        (r#"sum by (v) (sum_over_time({app="a"} | json | unwrap duration(w) [1m]))"#, None),
        (r#"sum by (v) (sum_over_time({app="a"} | json | unwrap w | w > 1 [1m]))"#, None),
        (r#"sum by (v) (count_over_time({app="a"} | json [1m]))"#, None),
    ] {
        assert_eq!(plan(query).leaves()[0].plain_unwrap(), expected, "{query}");
    }
    assert_eq!(plan(r#"rate({app="a"}[1m]) / rate({app="b"}[1m])"#).leaves().len(), 2);
}
