//! The same rows give the same answers, whether they are in memory or taken apart in segments.

use std::sync::Arc;
use std::time::Duration;

use logql::{Direction, Expr, LogOptions, LogPlan, MetricOptions, MetricPlan, TimeAxis, Value};
use model::{TenantId, TimeRange, TimestampNanos};
use proptest::prelude::*;
use segment::{Durability, Engine, Options};

use super::{Budget, Context, run_log, run_metric};
use crate::batch::encode;
use crate::batch::tests::{Plain, pushed};
use crate::schema::LogSchema;

const MILLI: i64 = 1_000_000;

const QUERIES: [&str; 38] = [
    r#"{a=~".+"}"#,
    r#"{a="1"} |= "ab""#,
    r#"{a=~".+"} |= "ab" != "7""#,
    r#"{a=~".+"} |= "\"x\":7""#,
    r#"{a=~".+"} |~ "ab|cd""#,
    r#"{a=~".+"} |~ "(?i)AB""#,
    r#"{a=~".+"} !~ "a.*b""#,
    r#"{a=~".+"} |= "0123456789abcdef0123456789abcdef""#,
    r#"{a=~".+"} |= "0123456789abcdef""#,
    r#"{a=~".+"} != "0123456789abcdef0123456789abcdef""#,
    r#"{a=~".+"} |= "2026-11""#,
    r#"{a=~".+"} |= "status""#,
    r#"{a=~".+"} | json | x >= 5"#,
    r#"{a=~".+"} | json | x = "7" | y != """#,
    r#"{a=~".+"} | json | a_extracted = "2""#,
    r#"{a=~".+"} | json | m_extracted != """#,
    r#"{a=~".+"} | m = "1""#,
    r#"{a=~".+"} | logfmt | x > 3"#,
    r#"{a=~".+"} | json | __error__ = """#,
    r#"{a=~".+"} | json | o_x = "7" or y = "ab""#,
    r#"count_over_time({a=~".+"}[20ms])"#,
    r#"sum by (a) (count_over_time({a=~".+"}[20ms]))"#,
    r#"sum by (a) (count_over_time({a=~".+"} |= "ab" [20ms]))"#,
    r#"sum by (m) (count_over_time({a=~".+"}[20ms]))"#,
    r#"sum(rate({a=~".+"} |~ "7|ab" [7ms]))"#,
    r#"sum by (x) (count_over_time({a=~".+"} | json | __error__="" [20ms]))"#,
    r#"sum by (y, a) (count_over_time({a=~".+"} | json | y != "" | __error__="" [30ms]))"#,
    r#"sum by (y) (sum_over_time({a=~".+"} | json | __error__="" | unwrap x | __error__="" [30ms]))"#,
    r#"sum by (y) (sum_over_time({a=~".+"} |= "{" | json | unwrap d | __error__="" [30ms]))"#,
    r#"max_over_time({a=~".+"} |= "{\"" | json | __error__="" | unwrap d | __error__="" [30ms]) by (y)"#,
    r#"quantile_over_time(0.5, {a="1"} | json | __error__="" | unwrap d | __error__="" [30ms]) by (a)"#,
    r#"sum by (x) (count_over_time({a=~".+"} | logfmt [20ms]))"#,
    r#"sum by (a) (bytes_over_time({a=~".+"}[20ms]))"#,
    r#"sum(count_over_time({a="1"}[9ms])) / sum(count_over_time({a=~".+"}[9ms]))"#,
    r#"sum by (o_x) (count_over_time({a=~".+"} | json | drop m | __error__="" [20ms]))"#,
    r#"sum by (id) (count_over_time({a=~".+"} | json | __error__="" [20ms]))"#,
    r#"absent_over_time({a="1"} |= "zzz" [20ms])"#,
    r#"sum by (t) (count_over_time({a=~".+"} | json | __error__="" [40ms]))"#,
];

fn line() -> impl Strategy<Value = String> {
    let number =
        prop_oneof![Just("7".to_owned()), "-?[0-9]{1,2}", "[0-9]{1,2}\\.[0-9]{2}", Just("null".to_owned())];
    let text = prop::sample::select(vec!["ab", "cd", "", "x\\\"y", "7", "ab cd", "é"]);
    let id = prop::sample::select(vec![
        "0123456789abcdef0123456789abcdef",
        "ffffffffffffffffffffffffffffffff",
        "0123456789abcdef",
        "6f1e0000-0000-4000-8000-00000000ab7c",
    ]);
    let time = prop::sample::select(vec!["2026-11-24T07:59:59.123Z", "2026-11-25T07:59:59.000Z"]);
    prop_oneof![
        4 => (number.clone(), text.clone()).prop_map(|(x, y)| format!(r#"{{"x":{x},"y":"{y}"}}"#)),
        2 => (number.clone(), text.clone()).prop_map(|(d, y)| format!(r#"{{"y":"{y}","d":{d}}}"#)),
        1 => (number.clone(), number.clone()).prop_map(|(x, a)| format!(r#"{{"a":{a},"o":{{"x":{x}}},"m":"q"}}"#)),
        2 => (id, time).prop_map(|(id, t)| format!(r#"{{"id":"{id}","t":"{t}","status":[1,{{"x":7}}]}}"#)),
        1 => (number, text.clone()).prop_map(|(x, y)| format!(r#"x={x} y="{}" z=1"#, y.replace(['\\', '"'], ""))),
        1 => text.prop_map(|y| format!("plain {y} text")),
        1 => "[{\"x:7} ab]{0,12}",
    ]
}

/// Queries of regular lines: each has its own time, and numbers that tell streams apart.
const REGULAR: [&str; 10] = [
    r#"{a=~".+"} | json | status >= 500"#,
    r#"{a=~".+"} | json | status >= 500 | x = "7""#,
    r#"{a=~".+"} | json | status > 199 and status < 300 | d <= 0.2"#,
    r#"{a=~".+"} | json | status == 404 | y = "ab""#,
    r#"{a=~".+"} | json | took > 3s | status >= 500"#,
    r#"{a=~".+"} | json | ts >= 50000000"#,
    r#"{a=~".+"} |= "7000000""#,
    r#"{a=~".+"} | json | ts = "7000000""#,
    r#"sum by (a) (count_over_time({a=~".+"} | json | status != 200 | status < 500 [20ms]))"#,
    r#"sum by (a) (sum_over_time({a=~".+"} | json | status >= 500 | unwrap ts | __error__="" [30ms]))"#,
];

/// Some streams have a label that is the name of a field; now and then a line has another form.
fn regular_rows() -> impl Strategy<Value = Vec<Plain>> {
    let stream = prop::sample::select(vec![
        (r#"{a="1"}"#, [200, 200, 201]),
        (r#"{a="2"}"#, [500, 503, 404]),
        (r#"{a="3", status="501"}"#, [200, 200, 200]),
    ]);
    let row = (stream, 0i64..100, 0usize..3, "[0-9]", prop::sample::select(vec!["ab", "7"])).prop_map(
        |((labels, status), at, which, digit, y)| {
            let (at, status) = (at * MILLI, status[which]);
            let took = if digit == "9" { r#""soon""# } else { "5" };
            let line = format!(
                r#"{{"ts":{at},"status":{status},"d":0.{digit},"x":{digit},"y":"{y}","took":{took}}}"#
            );
            (labels.to_owned(), at, line, Vec::new())
        },
    );
    let other =
        (0i64..100, line()).prop_map(|(at, line)| (r#"{a="1"}"#.to_owned(), at * MILLI, line, Vec::new()));
    (prop::collection::vec(row, 60..120), prop::option::weighted(0.3, other)).prop_map(|(mut rows, other)| {
        rows.extend(other);
        rows
    })
}

fn rows() -> impl Strategy<Value = Vec<Plain>> {
    let labels = prop::sample::select(vec![r#"{a="1"}"#, r#"{a="2"}"#, r#"{a="2", x="7"}"#]);
    let metadata = prop::collection::vec(("[mn]", "[12]"), 0..3);
    let row = (labels.prop_map(str::to_owned), (0i64..100).prop_map(|at| at * MILLI), line(), metadata);
    prop::collection::vec(row, 1..60)
}

async fn answer(engine: &Arc<Engine<LogSchema>>, query: &str, direction: Direction, limit: usize) -> String {
    let (budget, _guard) = Budget::new(Duration::from_secs(60));
    let tenant = TenantId::new("fake").unwrap();
    let context = Context { engine: Arc::clone(engine), tenant, budget };
    match logql::parse_expr(query).unwrap() {
        Expr::Log(log) => {
            let plan = LogPlan::new(&log, LogOptions { direction, limit, interval: 0 }).unwrap();
            let range = TimeRange::new(TimestampNanos(5 * MILLI), TimestampNanos(90 * MILLI));
            let (entries, _) = run_log(context, plan, range).await.unwrap();
            // Which of equal moments comes first is not the same in memory: the order of arrival is not kept.
            let mut shown: Vec<String> = entries
                .iter()
                .map(|entry| format!("{:03} {:?} {}", entry.timestamp / MILLI, entry.labels, entry.line))
                .collect();
            shown.sort();
            format!("{shown:#?}")
        }
        Expr::Metric(metric) => {
            let plan = MetricPlan::new(
                &metric,
                TimeAxis::range(10 * MILLI, 95 * MILLI, 10 * MILLI),
                MetricOptions::default(),
            )
            .unwrap();
            match run_metric(context, plan).await {
                Ok((Value::Matrix(series), _)) => {
                    // Sums depend on the order of their parts in the last digits.
                    let point = |(at, value): &(i64, f64)| format!("{}:{value:.9}", at / MILLI);
                    let line = |one: &logql::Series| {
                        format!("{} {:?}", one.labels, one.points.iter().map(point).collect::<Vec<_>>())
                    };
                    series.iter().map(line).collect::<Vec<_>>().join("\n")
                }
                Ok((other, _)) => format!("{other:?}"),
                Err(error) => error.to_string(),
            }
        }
    }
}

async fn engine(dir: &std::path::Path, pushes: &[Vec<Plain>], flushed: bool) -> Arc<Engine<LogSchema>> {
    let options = Options { durability: Durability::Os, ..Options::new(dir) };
    let engine = Engine::open(LogSchema::default(), options).await.unwrap();
    let tenant = TenantId::new("fake").unwrap();
    for rows in pushes {
        let rows = pushed(rows, &engine.schema().streams);
        engine.append(&tenant, TimestampNanos(0), encode(&rows, None), rows).await.unwrap();
        if flushed {
            engine.flush().await.unwrap();
        }
    }
    engine
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn memory_and_segments_agree(pushes in prop::collection::vec(rows(), 1..4), limit in 1000usize..2000) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (memory_dir, segment_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let in_memory = engine(memory_dir.path(), &pushes, false).await;
            let in_segments = engine(segment_dir.path(), &pushes, true).await;
            for query in QUERIES {
                let expected = answer(&in_memory, query, Direction::Forward, limit).await;
                let found = answer(&in_segments, query, Direction::Backward, limit).await;
                assert_eq!(found, expected, "{query}");
            }
        });
    }

    #[test]
    fn regular_lines_agree(pushes in prop::collection::vec(regular_rows(), 1..3)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (memory_dir, segment_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let in_memory = engine(memory_dir.path(), &pushes, false).await;
            let in_segments = engine(segment_dir.path(), &pushes, true).await;
            for query in REGULAR {
                let expected = answer(&in_memory, query, Direction::Forward, 1000).await;
                let found = answer(&in_segments, query, Direction::Backward, 1000).await;
                assert_eq!(found, expected, "{query}");
            }
        });
    }

    /// With a limit, the newest or oldest lines are returned wherever they are.
    #[test]
    fn limits_cut_in_time(pushes in prop::collection::vec(rows(), 1..4), limit in 1usize..20, query in 0usize..20) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let engine = engine(dir.path(), &pushes, true).await;
            let times = |text: String| -> Vec<String> {
                let lines = text.lines().filter_map(|line| line.trim().strip_prefix('"'));
                lines.map(|line| line[..3].to_owned()).collect()
            };
            let all = times(answer(&engine, QUERIES[query], Direction::Forward, 1000).await);
            let first = times(answer(&engine, QUERIES[query], Direction::Forward, limit).await);
            let last = times(answer(&engine, QUERIES[query], Direction::Backward, limit).await);
            let length = limit.min(all.len());
            assert_eq!(first, all[..length], "{}", QUERIES[query]);
            assert_eq!(last, all[all.len() - length..], "{}", QUERIES[query]);
        });
    }
}
