//! Queries over spans in memory: what they select, and structural operators against a model that walks all pairs.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod memory;

use memory::{Memory, Span};
use proptest::prelude::*;
use traceql::{Array, Metrics, OwnedValue, Query, TimeAxis, Value};

fn span(id: u8, parent: u8, name: &'static str, attributes: Vec<(&'static str, Value<'static>)>) -> Span {
    Span {
        id: [id; 8],
        parent: [parent; 8],
        start: i64::from(id) * 1_000_000_000,
        duration: i64::from(id) * 1_000_000,
        name,
        attributes,
        events: if id == 2 { vec!["retry", "exception"] } else { Vec::new() },
    }
}

fn list(values: Vec<i64>) -> Value<'static> {
    Value::Array(Box::leak(Box::new(Array::Ints(values))))
}

fn spans() -> Vec<Span> {
    vec![
        span(1, 0, "a", vec![("n", Value::Int(1)), ("ok", Value::Bool(true))]),
        span(2, 1, "b", vec![("n", Value::Float(2.0)), ("ok", Value::Bool(false))]),
        span(3, 1, "b", vec![("n", Value::Str("x"))]),
        span(4, 3, "c", vec![("n", list(vec![1, 5]))]),
        span(5, 99, "orphan", vec![]),
    ]
}

/// The ids of what a query selects.
fn selected(text: &str) -> Vec<usize> {
    let query = Query::parse(text).unwrap();
    let found = query.select(&Memory { fields: query.fields(), spans: spans() }).unwrap();
    found.into_iter().map(|at| at + 1).collect()
}

#[test]
fn filters_select() {
    for (text, ids) in [
        ("{}", &[1, 2, 3, 4, 5][..]),
        ("{ .n = 1 }", &[1, 4]),
        ("{ .n = 2 }", &[2]),
        ("{ .n != 1 }", &[4]),
        ("{ .n > 1 }", &[2, 4]),
        (r#"{ .n = "x" }"#, &[3]),
        ("{ .n = nil }", &[5]),
        ("{ .n != nil }", &[1, 2, 3, 4]),
        ("{ .n = 1ns }", &[]),
        ("{ .ok }", &[1]),
        ("{ !.ok }", &[2]),
        ("{ !(.n = 1) }", &[2, 3, 5]),
        ("{ .n * 2 = 4 }", &[2]),
        ("{ .n / 0 = 1 }", &[]),
        ("{ 2 ^ 3 = 8 }", &[1, 2, 3, 4, 5]),
        ("{ duration >= 3ms && duration < 5ms }", &[3, 4]),
        (r#"{ name =~ "[ab]" }"#, &[1, 2, 3]),
        (r#"{ span:id = "0202020202020202" }"#, &[2]),
        ("{ span:childCount = 2 }", &[1]),
        ("{ nestedSetParent < 0 }", &[1]),
        (r#"{ event:name = "retry" }"#, &[2]),
        (r#"{ event:name = "retry" && event:name = "exception" }"#, &[]),
        (r#"{ name = "b" } ~ { name = "b" }"#, &[2, 3]),
        (r#"{ name = "a" } >> { name = "c" }"#, &[4]),
        (r#"{ name = "a" } &>> { name = "c" }"#, &[1, 4]),
        (r#"{ name = "b" } !> { }"#, &[1, 2, 3, 5]),
        (r#"{ name = "b" } | count() > 2"#, &[]),
        (r#"{ } | by(name) | count() > 1"#, &[2, 3]),
        (r#"{ } | avg(duration) = 3ms | { name = "a" }"#, &[1]),
        (r#"{ name = "nosuch" } && { }"#, &[]),
        (r#"{ span.name = "b" } && duration > 2ms"#, &[2, 3, 4, 5]),
    ] {
        assert_eq!(selected(text), ids, "{text}");
    }
}

#[test]
fn results_show_what_the_query_names() {
    let query = Query::parse(r#"{ name = "b" && .n = 2 } | select(.ok) | count() = 1"#).unwrap();
    let sets = query.evaluate(&Memory { fields: query.fields(), spans: spans() }, 10).unwrap();
    assert_eq!(sets.len(), 1);
    assert_eq!(sets[0].attributes, [("count()".to_owned(), OwnedValue::Int(1))]);
    assert_eq!(sets[0].spans[0].name.as_deref(), Some("b"));
    let shown = [("n".to_owned(), OwnedValue::Float(2.0)), ("ok".to_owned(), OwnedValue::Bool(false))];
    assert_eq!(sets[0].spans[0].attributes, shown);
}

#[test]
fn metrics_do_not_depend_on_how_spans_are_split() {
    let axis = TimeAxis::range(0, 6_000_000_000, 2_000_000_000);
    for (text, expected) in [
        ("{} | count_over_time()", vec![vec![0.0, 2.0, 2.0, 1.0]]),
        ("{} | rate()", vec![vec![0.0, 1.0, 1.0, 0.5]]),
        ("{} | max_over_time(duration)", vec![vec![f64::NAN, 0.002, 0.004, 0.005]]),
        (r#"({ name = "b" } | count_over_time()) * 2"#, vec![vec![0.0, 2.0, 2.0, 0.0]]),
        ("{} | count_over_time() by (name) | topk(1)", Vec::new()),
    ] {
        let query = Metrics::parse(text, axis, 0).unwrap();
        let rows = Memory { fields: query.fields(), spans: spans() };
        let mut whole = query.part();
        query.add_rows(&mut whole, &rows, 0..5).unwrap();
        let mut parts = vec![query.part(), query.part()];
        query.add_rows(&mut parts[0], &rows, 3..5).unwrap();
        query.add_rows(&mut parts[1], &rows, 0..3).unwrap();
        let values = |series: &[traceql::Series]| {
            series.iter().map(|one| format!("{:?}", one.values)).collect::<Vec<_>>()
        };
        let whole = query.finish(vec![whole]).unwrap();
        assert_eq!(values(&whole), values(&query.finish(parts).unwrap()), "{text}");
        if !expected.is_empty() {
            let expected: Vec<String> = expected.iter().map(|one| format!("{one:?}")).collect();
            assert_eq!(values(&whole), expected, "{text}");
        }
    }
}

/// A relation between two spans, by walking parents.
fn model(op: &str, parents: &[usize], left: usize, right: usize) -> bool {
    let parent = |at: usize| Some(parents[at]).filter(|parent| *parent < parents.len() && *parent != at);
    let below = |low: usize, high: usize| {
        let mut at = low;
        for _ in 0..=parents.len() {
            match parent(at) {
                Some(next) if next == low => return false,
                Some(next) if next == high => return true,
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    };
    match op {
        ">" => parent(right) == Some(left),
        "<" => parent(left) == Some(right),
        ">>" => below(right, left),
        "<<" => below(left, right),
        "~" => left != right && parents[left] == parents[right],
        _ => false,
    }
}

proptest! {
    #[test]
    fn structural_operators_follow_parents(
        parents in proptest::collection::vec(0usize..14, 1..12),
        sides in proptest::collection::vec(0u8..4, 12),
        op in prop_oneof![Just(">"), Just("<"), Just(">>"), Just("<<"), Just("~")],
    ) {
        // Each span's parent is of smaller index, or none that is there: numbers beyond the list.
        let parents: Vec<usize> = parents.iter().enumerate().map(|(at, parent)| if *parent < at { *parent } else { 90 + parent % 2 }).collect();
        let spans: Vec<Span> = parents
            .iter()
            .enumerate()
            .map(|(at, parent)| {
                let mut new = span(at as u8 + 1, *parent as u8 + 1, "s", vec![("side", Value::Int(i64::from(sides[at])))]);
                new.events.clear();
                new
            })
            .collect();
        let is_left = |at: usize| sides[at] & 1 == 1;
        let is_right = |at: usize| sides[at] & 2 == 2;
        let pairs = |l: &dyn Fn(usize) -> bool, r: &dyn Fn(usize) -> bool| -> Vec<(usize, usize)> {
            (0..parents.len()).flat_map(|a| (0..parents.len()).map(move |b| (a, b))).filter(|(a, b)| l(*a) && r(*b) && model(op, &parents, *a, *b)).collect()
        };
        let found = pairs(&is_left, &is_right);
        for (prefix, expected) in [
            ("", (0..parents.len()).filter(|at| found.iter().any(|(_, right)| right == at)).collect::<Vec<_>>()),
            ("!", (0..parents.len()).filter(|at| is_right(*at) && !found.iter().any(|(_, right)| right == at)).collect()),
            ("&", (0..parents.len()).filter(|at| found.iter().any(|(left, right)| left == at || right == at)).collect()),
        ] {
            let text = format!("{{ .side % 2 = 1 }} {prefix}{op} {{ .side >= 2 }}");
            let query = Query::parse(&text).unwrap();
            let found = query.select(&Memory { fields: query.fields(), spans: spans.clone() }).unwrap();
            prop_assert_eq!(found, expected, "{}", text);
        }
    }
}
