//! What fuzz targets and the tests that stand in for them do with arbitrary bytes. A panic is a bug.

use std::sync::OnceLock;

use model::Labels;

use crate::{
    Direction, Expr, LogOptions, LogPlan, MAX_QUERY_BYTES, MetricOptions, MetricPlan, Pipeline, Row, Stage,
    TimeAxis, format_query, parse_expr,
};

const SECOND: i64 = 1_000_000_000;
const METADATA: [(&str, &str); 2] = [("trace_id", "0af7651916cd43dd"), ("level", "info")];
/// Lines of every kind that stages look for.
const LINES: [&str; 7] = [
    "",
    r#"{"level":"error","n":5,"took":"1.5s","size":"2KiB","deep":{"a":[1,{"b":null}]},"_entry":"x","msg":"a \"b\" \u00e9"}"#,
    r#"level=warn n=-2.5e3 took=250ms size=1MB ip=10.0.0.7 msg="hello \"world\"" bare = =x"#,
    r#"10.0.0.1 - - [24/Nov/2026:07:00:00 +0000] "GET /a/b?c=d HTTP/1.1" 200 512"#,
    "\u{1b}[31mred\u{1b}[0m plain text 漢字 🚚",
    "first\nsecond\n",
    r#"{"cut":"off"#,
];

fn labels() -> Labels {
    let pairs = [("app", "shop"), ("env", "test"), ("n", "1")];
    Labels::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()).unwrap_or_default()
}

/// A query: read, printed, laid out, read again, and run over lines of every kind.
pub fn query(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(expr) = parse_expr(&text) else {
        drop(format_query(&text));
        return;
    };
    let printed = expr.to_string();
    comes_back(&printed, &printed);
    if let Ok(pretty) = format_query(&text) {
        comes_back(&pretty, &printed);
    }
    run(&expr, &LINES);
}

/// What was printed is read as what it was printed from, unless brackets have made it too long or too deep.
fn comes_back(text: &str, expected: &str) {
    if text.len() >= MAX_QUERY_BYTES {
        return;
    }
    match parse_expr(text) {
        Ok(expr) => assert_eq!(expr.to_string(), expected, "printed as {text}"),
        Err(error) => assert!(error.to_string().contains("nested too deeply"), "{error}: {text}"),
    }
}

/// A pipeline, a zero byte, and a line.
pub fn pipeline(data: &[u8]) {
    let at = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let stages = String::from_utf8_lossy(&data[..at]);
    let line = String::from_utf8_lossy(data.get(at + 1..).unwrap_or_default());
    if let Ok(expr) = parse_expr(&format!("{{app=\"shop\"}} {stages}")) {
        run(&expr, &[&line]);
    }
}

/// A line for pipelines of every kind.
pub fn line(data: &[u8]) {
    static PIPELINES: OnceLock<Vec<Pipeline>> = OnceLock::new();
    let pipelines = PIPELINES.get_or_init(|| {
        let stages = [
            r"| json",
            r#"| json a="deep.a[0]", b="['x y'].z[1].b", c="c""#,
            r"| logfmt",
            r#"| logfmt --strict --keep-empty | level="warn""#,
            r#"| logfmt a="a", b="msg""#,
            r"| unpack",
            r"| pattern `<ip> <_> [<when>] <rest>`",
            r"| regexp `(?P<x>\w+)=(?P<y>[^ ]*)`",
            r"| decolorize",
            r"|> `<_>=<_> <_>` !> `x<_>`",
            r#"|= ip("10.0.0.0/8") or ip("::1")"#,
            r#"|~ `(?i)ERR` !~ `\d{5}`"#,
            r#"| json | line_format `{{range $k, $v := fromJson __line__}}{{$k}}={{printf "%v" $v}}{{end}}`"#,
            r"| line_format `{{ __line__ | trunc 9 | upper | alignLeft 12 | b64enc }}{{ substr 1 5 __line__ }}`",
            r"| logfmt | took > 1s or size >= 1KiB | n < 5 | drop level, n=`5` | keep took",
            r#"| label_format a=`{{ regexReplaceAll "[a-z]" __line__ "x" }}`, b=app"#,
        ];
        let parsed = stages.iter().filter_map(|stages| match parse_expr(&format!("{{app=\"shop\"}} {stages}")) {
            Ok(Expr::Log(log)) => Pipeline::new(&log.stages).ok(),
            _ => None,
        });
        parsed.collect()
    });
    let text = String::from_utf8_lossy(data);
    for pipeline in pipelines {
        through(pipeline, &text);
    }
}

/// A template for lines of every kind.
pub fn template(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    if let Ok(pipeline) = Pipeline::new(&[Stage::Json(Vec::new()), Stage::LineFormat(text)]) {
        for line in LINES {
            through(&pipeline, line);
        }
    }
}

/// A regular expression for lines of every kind.
pub fn regex(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    if let Ok(pipeline) = Pipeline::new(&[Stage::Regexp(text)]) {
        for line in LINES {
            through(&pipeline, line);
        }
    }
}

fn through(pipeline: &Pipeline, line: &str) {
    let mut runner = pipeline.runner();
    runner.begin_stream(&labels());
    // Twice: buffers are reused from line to line.
    for _ in 0..2 {
        if let Some(passed) = runner.run(Row { timestamp: SECOND, line, metadata: &METADATA }) {
            let mut length = passed.line().len();
            passed.for_each_label(|name, _, value| length += name.len() + value.len());
            assert!(length < 64 << 20, "a line of {} bytes has become one of {length}", line.len());
        }
    }
}

/// Runs a query over rows of two streams.
fn run(expr: &Expr, lines: &[&str]) {
    match expr {
        Expr::Log(log) => {
            let options = LogOptions { direction: Direction::Backward, limit: 3, interval: 0 };
            let Ok(plan) = LogPlan::new(log, options) else { return };
            let mut collector = plan.collector();
            for order in 0..2 {
                collector.begin_stream(&labels(), order);
                for row in rows(lines) {
                    collector.push(row);
                }
            }
            assert!(plan.finish(vec![collector.finish()]).len() <= 3);
        }
        Expr::Metric(metric) => {
            for axis in [TimeAxis::instant(60 * SECOND), TimeAxis::range(0, 120 * SECOND, 30 * SECOND)] {
                let Ok(plan) = MetricPlan::new(metric, axis, MetricOptions::default()) else { return };
                let mut parts = Vec::new();
                for leaf in plan.leaves() {
                    let mut collector = leaf.collector();
                    for _ in 0..2 {
                        collector.begin_stream(&labels());
                        for row in rows(lines) {
                            drop(collector.push(row));
                        }
                    }
                    parts.push(vec![collector.finish()]);
                }
                drop(plan.evaluate(parts));
            }
        }
    }
}

fn rows<'l>(lines: &'l [&'l str]) -> impl Iterator<Item = Row<'l>> {
    lines.iter().zip(1..).map(|(line, at)| Row { timestamp: at * 10 * SECOND, line, metadata: &METADATA })
}
