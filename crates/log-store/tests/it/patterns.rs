//! Which kinds of lines there are.

use serde_json::{Value, json};

use crate::store::Store;

const SECOND: i64 = 1_000_000_000;
const PATTERNS: &str = "/loki/api/v1/patterns";
const RANGE: [(&str, &str); 3] = [("start", "0"), ("end", "1000"), ("step", "1m")];

async fn patterns(store: &Store, query: &str) -> Value {
    let (status, text) = store.get(PATTERNS, &[RANGE[0], RANGE[1], RANGE[2], ("query", query)]).await;
    assert_eq!(status, 200, "{query}: {text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["status"], "success");
    answer["data"].clone()
}

#[tokio::test]
async fn lines_are_counted_by_pattern_level_and_step() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let line = |at: i64, level: &str| (at * SECOND, format!("level={level} msg=\"order {at} created\""));
    let lines: Vec<_> = [(0, "info"), (59, "info"), (60, "info"), (61, "warn"), (600, "info")]
        .map(|(at, level)| line(at, level))
        .to_vec();
    let borrowed: Vec<_> = lines.iter().map(|(at, line)| (*at, line.as_str())).collect();
    store.push(&json!({ "job": "shop", "pod": "a" }), &borrowed[..3]).await;
    store.push(&json!({ "job": "shop", "pod": "b" }), &borrowed[3..]).await;
    store.push(&json!({ "job": "other" }), &[(SECOND, "<b> started")]).await;
    let info = json!({
        "pattern": r#"level=info msg="order <_> created""#,
        "level": "info",
        "samples": [[0, 2], [60, 1], [600, 1]],
    });
    let warn =
        json!({ "pattern": r#"level=warn msg="order <_> created""#, "level": "warn", "samples": [[60, 1]] });
    for flushed in [false, true] {
        if flushed {
            assert_eq!(store.get("/flush", &[]).await.0, 204);
        }
        assert_eq!(patterns(&store, r#"{job="shop"}"#).await, json!([info, warn]), "flushed: {flushed}");
        assert_eq!(patterns(&store, r#"{job="shop"} |= "warn""#).await, json!([warn]));
        assert_eq!(patterns(&store, r#"{job="shop"} | detected_level="info""#).await, json!([info]));
        let formatted = patterns(&store, r#"{job="shop"} | logfmt | line_format "{{.level}}""#).await;
        assert_eq!((&formatted[0]["pattern"], &formatted[1]["pattern"]), (&json!("info"), &json!("warn")));
        assert_eq!(patterns(&store, r#"{job="other"}"#).await[0]["pattern"], "<<_>> started");
        for nothing in [r#"{job="none"}"#, r#"rate({job="shop"}[1m])"#] {
            assert_eq!(patterns(&store, nothing).await, json!([]), "{nothing}");
        }
        // The pattern as a filter finds the lines that it stands for.
        let again = r#"{job="shop"} |> "level=info msg=\"order <_> created\"""#;
        assert_eq!(store.lines(again, &[]).await.len(), 4);
    }
    store.close().await;
}

#[tokio::test]
async fn labels_give_the_level_where_none_is_detected() {
    let dir = tempfile::tempdir().unwrap();
    let config =
        "auth_enabled: false\nlimits_config: {reject_old_samples: false, discover_log_levels: false}\n";
    let store = Store::with(dir.path(), config).await;
    store.push(&json!({ "job": "a", "level": "debug" }), &[(SECOND, "x")]).await;
    store.push(&json!({ "job": "a" }), &[(SECOND, "y"), (2 * SECOND, "y"), (3 * SECOND, " ")]).await;
    let found = patterns(&store, r#"{job="a"}"#).await;
    let expected = json!([
        { "pattern": "y", "level": "unknown", "samples": [[0, 2]] },
        { "pattern": "x", "level": "debug", "samples": [[0, 1]] },
    ]);
    assert_eq!(found, expected);
    store.close().await;
}

#[tokio::test]
async fn bad_questions_for_patterns_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await;
    let query = ("query", r#"{job="shop"}"#);
    for (params, reason) in [
        (&[][..], "parse error"),
        (&[("query", "{")], "parse error at line 1, col 2"),
        (&[query, ("step", "-5")], "zero or negative query resolution"),
        (&[query, ("start", "0"), ("end", "200000"), ("step", "1")], "exceeded maximum resolution"),
        (&[query, ("start", "200"), ("end", "100")], "end timestamp must not be before"),
    ] {
        let (status, text) = store.get(PATTERNS, params).await;
        assert!(status == 400 && text.contains(reason), "{params:?}: {status} {text}");
    }
    store.close().await;
}
