//! Bad parameters for every endpoint that reads.

use serde_json::json;

use crate::store::Store;

/// Everything that takes `start`, `end` and a selector.
const READING: [&str; 11] = [
    "/loki/api/v1/query_range",
    "/loki/api/v1/query",
    "/loki/api/v1/labels",
    "/loki/api/v1/label/app/values",
    "/loki/api/v1/series",
    "/loki/api/v1/index/stats",
    "/loki/api/v1/index/volume",
    "/loki/api/v1/index/volume_range",
    "/loki/api/v1/detected_labels",
    "/api/prom/label/app/values",
    "/api/prom/series",
];
const RANGE: &str = "/loki/api/v1/query_range";
const INSTANT: &str = "/loki/api/v1/query";

async fn store_with_lines(dir: &std::path::Path) -> Store {
    let store = Store::open(dir).await;
    let lines =
        [(1, r#"{"a":"b","n":5,"deep":{"x":[1]}}"#), (2, "a=b n=7 msg=\"hello world\""), (3, "plain")];
    store.push(&json!({ "app": "x" }), &lines).await;
    store
}

/// Sends parameters as a form; returns status and text.
async fn ask(store: &Store, path: &str, params: &[(&str, &str)]) -> (u16, String) {
    let response = store.client.post(format!("{}{path}", store.url)).form(params).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_steps_and_limits_that_are_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_lines(dir.path()).await;
    let long = "9".repeat(1 << 20);
    let selector = ("query", r#"{app="x"}"#);
    for path in READING.into_iter().filter(|path| *path != INSTANT) {
        for (name, value) in [
            ("start", "NaN"),
            ("start", "1.NaN"),
            ("start", "1e400.0"),
            ("end", "yesterday"),
            ("end", "99999999999999999999"),
            ("end", &long),
            ("start", "9223372036854775807"),
            ("start", "-"),
            ("since", "-1h"),
            ("since", "1e99h"),
            ("since", "99999999999999999h"),
        ] {
            let (status, text) = ask(&store, path, &[selector, (name, value)]).await;
            assert_eq!(status, 400, "{path} {name}={value:.40}: {text:.300}");
            assert!(!text.is_empty() && text.len() < 200_000, "{path} {name}: {} bytes", text.len());
        }
    }
    for (path, name, value, reason) in [
        (RANGE, "limit", "0", "positive"),
        (RANGE, "limit", "-1", "positive"),
        (RANGE, "limit", "NaN", "invalid syntax"),
        (RANGE, "limit", "9223372036854775807", "out of range"),
        (RANGE, "limit", "5001", "max entries limit"),
        (RANGE, "direction", "sideways", "invalid direction"),
        (RANGE, "interval", "-1", "must be >= 0"),
        (RANGE, "interval", "NaN", "valid duration"),
        (RANGE, "step", "NaN", "zero or negative"),
        (RANGE, "step", "-inf", "zero or negative"),
        (RANGE, "step", "inf", "valid duration"),
        (RANGE, "step", "1e-300", "maximum resolution"),
        (RANGE, "step", "1e300", "valid duration"),
        (INSTANT, "time", "NaN", "could not parse 'time'"),
        (INSTANT, "limit", "x", "invalid syntax"),
        ("/loki/api/v1/index/volume", "limit", "-1", "positive"),
        ("/loki/api/v1/index/volume", "aggregateBy", "nothing", "invalid aggregation option"),
        ("/loki/api/v1/index/volume_range", "step", "-1", "zero or negative"),
    ] {
        let (status, text) = ask(&store, path, &[selector, (name, value)]).await;
        assert_eq!(status, 400, "{path} {name}={value}: {text}");
        assert!(text.contains(reason), "{path} {name}={value}: {text}");
    }
    store.withstands(&[]).await;
    store.close().await;
}

/// Queries that are wrong, or right and absurd: an answer in bounded time and memory, never a crash.
fn absurd_queries() -> Vec<(&'static str, String, &'static [u16])> {
    let many = |piece: &str, count: usize| piece.repeat(count);
    let selector = r#"{app="x"}"#;
    vec![
        ("ten megabytes", many("a", 9 << 20), &[400]),
        ("blanks up to the limit", many(" ", 131_000), &[400]),
        ("brackets", many("(", 130_000), &[400]),
        ("brackets around a number", many("(", 60_000) + "1" + &many(")", 60_000), &[400]),
        ("nested sums", many("sum(", 30_000) + "1" + &many(")", 30_000), &[400]),
        ("a long sum", "1".to_owned() + &many("+1", 60_000), &[200, 400]),
        ("a long power", "1".to_owned() + &many("^1", 60_000), &[200, 400]),
        ("many signs", many("-", 130_000) + "1", &[400]),
        ("braces", many("{", 130_000), &[400]),
        ("a text without an end", format!(r#"{{app="{}"#, many("x", 100_000)), &[400]),
        ("many matchers", format!("{{app=\"x\"{}}}", many(r#",a!="b""#, 15_000)), &[200, 400]),
        ("many filters", selector.to_owned() + &many(r#"|="x""#, 20_000), &[200, 400]),
        ("many parsers", selector.to_owned() + &many("|json", 20_000), &[200, 400]),
        ("many conditions", format!("{selector}|a=\"b\"{}", many(r#" or a="b""#, 10_000)), &[200, 400]),
        (
            "nested conditions",
            format!("{selector}|{}a=\"b\"{}", many("(", 50_000), many(")", 50_000)),
            &[400],
        ),
        ("many regular expressions", selector.to_owned() + &many(r#"|~"\\w{900}""#, 9_000), &[200, 400]),
        (
            "regular expressions over all letters",
            selector.to_owned() + &many(r#"|~"\\pL{90}""#, 9_000),
            &[200, 400],
        ),
        (
            "a regular expression of brackets",
            format!("{selector}|~`{}x{}`", many("(", 50_000), many(")", 50_000)),
            &[400],
        ),
        (
            "a repetition of repetitions",
            format!("{selector}|~`((((x{{1000}}){{1000}}){{1000}}){{1000}})`"),
            &[400],
        ),
        ("an alternation", format!("{{app=~\"x{}\"}}", many("|y", 60_000)), &[200, 400]),
        (
            "a long group of labels",
            format!("sum by (a{}) (rate({selector}[1m]))", many(",a", 50_000)),
            &[200, 400],
        ),
        ("a range of ages", format!("rate({selector}[999999999y])"), &[400]),
        ("a range without length", format!("rate({selector}[0s])"), &[200, 400]),
        ("a negative range", format!("rate({selector}[-1m])"), &[400]),
        ("an offset of ages", format!("rate({selector}[1m] offset 999999999y)"), &[200, 400]),
        ("an offset into the future", format!("rate({selector}[1m] offset -290y)"), &[200, 400]),
        ("the best of very many", format!("topk(1e18, rate({selector}[1m]))"), &[200, 400]),
        (
            "a quantile that is no number",
            format!("quantile_over_time(NaN, {selector} | unwrap n [1m])"),
            &[200, 400],
        ),
        ("an infinite number", "1e999".to_owned(), &[200, 400]),
        (
            "a width of a thousand million",
            format!("{selector} | line_format `{{{{printf \"%1000000000d\" 1}}}}`"),
            &[200, 400],
        ),
        (
            "a precision of a thousand million",
            format!("{selector} | line_format `{{{{printf \"%.1000000000f\" 1.0}}}}`"),
            &[200, 400],
        ),
        (
            "a thousand million copies",
            format!("{selector} | line_format `{{{{repeat 1000000000 \"x\"}}}}`"),
            &[200, 400],
        ),
        (
            "copies of copies",
            format!("{selector} | line_format `{}`", many("{{__line__ | repeat 1000}}", 1000)),
            &[200, 400],
        ),
        (
            "an indent of a thousand million",
            format!("{selector} | line_format `{{{{indent 1000000000 \"x\"}}}}`"),
            &[200, 400],
        ),
        (
            "a template of brackets",
            format!("{selector} | line_format `{{{{{}1{}}}}}`", many("(", 50_000), many(")", 50_000)),
            &[400],
        ),
        (
            "a template of blocks",
            format!("{selector} | line_format `{}{}`", many("{{if true}}", 10_000), many("{{end}}", 10_000)),
            &[400],
        ),
        (
            "a template that calls itself",
            format!(
                "{selector} | line_format `{{{{define \"a\"}}}}{{{{template \"a\"}}}}{{{{end}}}}{{{{template \"a\"}}}}`"
            ),
            &[200, 400],
        ),
        (
            "a template that loops",
            format!("{selector} | line_format `{{{{range $i := until 1000000000}}}}x{{{{end}}}}`"),
            &[200, 400],
        ),
        (
            "replacements that grow",
            format!("{selector} | line_format `{{{{regexReplaceAll \"\" __line__ (repeat 100000 \"y\")}}}}`"),
            &[200, 400],
        ),
        ("many labels of one", format!("{selector} | label_format a=b{}", many(",a=b", 30_000)), &[200, 400]),
        ("a pattern of placeholders", format!("{selector} | pattern `{}`", many("<a>", 30_000)), &[200, 400]),
        (
            "expressions for JSON",
            format!("{selector} | json a=\"x\"{}", many(",a=\"x\"", 15_000)),
            &[200, 400],
        ),
        ("a deep path", format!("{selector} | json a=\"x{}\"", many("[0]", 40_000)), &[200, 400]),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_that_are_wrong_or_absurd() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_lines(dir.path()).await;
    for (name, query, statuses) in absurd_queries() {
        for path in
            [RANGE, INSTANT, "/loki/api/v1/format_query", "/loki/api/v1/series", "/loki/api/v1/index/volume"]
        {
            let key = if path.ends_with("series") { "match[]" } else { "query" };
            let range = [(key, query.as_str()), ("start", "0"), ("end", "1000"), ("time", "1000")];
            let started = std::time::Instant::now();
            let (status, text) = ask(&store, path, &range).await;
            eprintln!("{:?} {name} {path} {status} {:.60}", started.elapsed(), text);
            // What is no query for one endpoint may be one for another.
            let fits = statuses.contains(&status)
                || (status == 400 || path.ends_with("format_query") && status == 200);
            assert!(fits, "{name} on {path}: {status} {text:.300}");
            assert!(!text.is_empty(), "{name} on {path}");
        }
    }
    store.withstands(&[]).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_that_are_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_with_lines(dir.path()).await;
    let many = "a&".repeat(1 << 20);
    for path in READING {
        let form = "application/x-www-form-urlencoded";
        for (name, content_type, body, status, reason) in [
            (
                "another type",
                "multipart/form-data; boundary=x",
                "--x--".to_owned(),
                400,
                "x-www-form-urlencoded",
            ),
            ("JSON", "application/json", "{}".to_owned(), 400, "x-www-form-urlencoded"),
            ("too large", form, "x".repeat((10 << 20) + 1), 413, "length limit"),
            ("many parameters", form, many.clone(), 400, "more than 4096 parameters"),
        ] {
            let request =
                store.client.post(format!("{}{path}", store.url)).header("content-type", content_type);
            let response = request.body(body).send().await.unwrap();
            let (found, text) = (response.status().as_u16(), response.text().await.unwrap());
            assert_eq!(found, status, "{name} on {path}: {text:.300}");
            assert!(text.contains(reason), "{name} on {path}: {text:.300}");
        }
    }
    let (status, _) = store.get("/loki/api/v1/label/x%00%0a/values", &[("start", "0"), ("end", "1")]).await;
    assert_eq!(status, 200);
    store.withstands(&[]).await;
    store.close().await;
}
