//! Rules as YAML in and out, and their state as JSON.

use log_store::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use super::{START, open};
use crate::store::Store;

const GROUP: &str = r#"name: errors
interval: 10s
rules:
  - alert: Errors
    expr: sum by (app) (count_over_time({app=~".+"} |= "error" [1m])) > 2
    for: 5s
    labels: {severity: page}
    annotations: {summary: "{{ $labels.app }}"}
  - record: app:errors:count1m
    expr: sum by (app) (count_over_time({app=~".+"} |= "error" [1m]))
"#;

#[tokio::test]
async fn groups_are_created_replaced_and_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), &Clock::manual(START), "").await;
    let base = "/loki/api/v1/rules";
    assert_eq!(store.get(base, &[]).await, (404, "no rule groups found\n".to_owned()));
    let (status, text) = store.send(Method::POST, &format!("{base}/team%2Fshop"), GROUP).await;
    assert_eq!(
        (status, text.as_str()),
        (202, r#"{"status":"success","data":null,"errorType":"","error":""}"#)
    );
    store.set_group("team%2Fshop", "{name: other, rules: [{alert: A, expr: vector(1)}]}").await;
    store.set_group("second", "{name: more, rules: [{alert: A, expr: vector(1), labels: {x: y}}]}").await;

    let response = store.client.get(format!("{}{base}", store.url)).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/yaml");
    let all: Value = runtime::parse_yaml(&response.text().await.unwrap(), "answer").unwrap();
    assert_eq!(all["team/shop"][0]["rules"][0]["for"], "5s");
    assert_eq!(all["team/shop"][1]["name"], "other");
    assert_eq!(all["second"][0]["name"], "more");
    let (_, one) = store.get(&format!("{base}/team%2Fshop/errors"), &[]).await;
    let one: Value = runtime::parse_yaml(&one, "answer").unwrap();
    assert_eq!(one, all["team/shop"][0]);
    let (_, filtered) = store.get(base, &[("labels", "severity:page")]).await;
    let filtered: Value = runtime::parse_yaml(&filtered, "answer").unwrap();
    let rules = filtered["team/shop"][0]["rules"].as_array().unwrap();
    assert_eq!((filtered.as_object().unwrap().len(), rules.len()), (1, 1));
    // What comes out can go in again, also by the old path.
    let (_, yaml) = store.get("/api/prom/rules/team%2Fshop/errors", &[]).await;
    assert_eq!(store.send(Method::POST, "/api/prom/rules/copy", &yaml).await.0, 202);
    assert_eq!(store.get(&format!("{base}/copy/errors"), &[]).await.1, yaml);

    for (path, status) in [
        ("copy", 202),
        ("copy", 404),
        ("team%2Fshop/errors", 202),
        ("team%2Fshop/errors", 404),
        ("team%2Fshop/other", 202),
        ("team%2Fshop/other", 404),
    ] {
        let (found, text) = store.send(Method::DELETE, &format!("{base}/{path}"), "").await;
        assert_eq!(found, status, "{path}: {text}");
    }
    assert_eq!(store.get(&format!("{base}/team%2Fshop"), &[]).await.0, 404);
    assert_eq!(store.get(&format!("{base}/second/nothing"), &[]).await.1, "group does not exist\n");
    store.close().await;
    // Rules are kept.
    let store = open(dir.path(), &Clock::manual(START), "").await;
    assert_eq!(store.get(&format!("{base}/second"), &[]).await.0, 200);
    store.close().await;
}

#[tokio::test]
async fn bad_groups_are_refused_with_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let more = "  ruler_max_rules_per_rule_group: 1\n  ruler_max_rule_groups_per_tenant: 1\n";
    let limits = format!("auth_enabled: false\nlimits_config:\n{more}");
    let store = Store::with(dir.path(), &limits).await;
    let rule = "{alert: A, expr: vector(1)}";
    store.set_group("x", &format!("{{name: first, rules: [{rule}]}}")).await;
    for (namespace, group, part) in [
        ("x", "name: [".to_owned(), "unable to decoded rule group"),
        ("x", "nmae: g".to_owned(), "nmae"),
        (
            "x",
            "name: g\nrules:\n- alert: A\n  expr: sum(".to_owned(),
            "line 4, column 9: could not parse expression for alert 'A' in group 'g'",
        ),
        (
            "x",
            "name: g\nrules:\n- record: r\n  expr: vector(1)\n  for: 1m".to_owned(),
            "line 3, column 3: invalid field 'for'",
        ),
        (
            "x",
            format!("{{name: first, rules: [{rule}, {rule}]}}"),
            "per-user rules per rule group limit (limit: 1 actual: 2) exceeded",
        ),
        (
            "x",
            format!("{{name: second, rules: [{rule}]}}"),
            "per-user rule groups limit (limit: 1 actual: 2) exceeded",
        ),
        ("%20", "name: g".to_owned(), "namespace must not be empty"),
    ] {
        let (status, text) =
            store.send(Method::POST, &format!("/loki/api/v1/rules/{namespace}"), &group).await;
        assert_eq!(status, 400, "{group}: {text}");
        assert!(text.contains(part), "{group}: {text}");
    }
    let large = " ".repeat(5 << 20);
    assert_eq!(store.send(Method::POST, "/loki/api/v1/rules/x", &large).await.0, 413);
    store.close().await;
}

#[tokio::test]
async fn the_state_of_rules_has_prometheus_shape() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let store = open(dir.path(), &clock, "").await;
    assert_eq!(store.rules().await, json!([]));
    store.push_errors("shop", 3, 0).await;
    store.push_errors("calm", 1, 0).await;
    store.set_group("shop", GROUP).await;
    let before = store.rules().await;
    assert_eq!(before[0]["rules"][0]["health"], "unknown");
    assert_eq!(before[0]["rules"][0]["lastEvaluation"], "0001-01-01T00:00:00Z");
    let pending = store.pass(&clock, 10).await;
    assert_eq!(pending[0]["rules"][0]["state"], "pending", "{pending}");
    let mut groups = store.pass(&clock, 10).await;
    let active_at = groups[0]["rules"][0]["alerts"][0]["activeAt"].clone();
    assert!(groups[0]["rules"][0]["lastEvaluation"].as_str().unwrap().starts_with("2023-11-14T22:13:40"));
    for place in [&["evaluationTime"][..], &["lastEvaluation"]] {
        groups[0][place[0]] = Value::Null;
        for rule in groups[0]["rules"].as_array_mut().unwrap() {
            rule[place[0]] = Value::Null;
        }
    }
    let alert = json!({
        "labels": { "alertname": "Errors", "app": "shop", "severity": "page" },
        "annotations": { "summary": "shop" },
        "state": "firing",
        "activeAt": active_at,
        "value": "3e+00",
    });
    let expected = json!([{
        "name": "errors",
        "file": "shop",
        "rules": [
            {
                "state": "firing",
                "name": "Errors",
                "query": r#"sum by (app) (count_over_time({app=~".+"} |= "error" [1m])) > 2"#,
                "duration": 5,
                "keepFiringFor": 0,
                "labels": { "severity": "page" },
                "annotations": { "summary": "{{ $labels.app }}" },
                "alerts": [alert],
                "health": "ok",
                "lastError": "",
                "type": "alerting",
                "lastEvaluation": null,
                "evaluationTime": null,
            },
            {
                "name": "app:errors:count1m",
                "query": r#"sum by (app) (count_over_time({app=~".+"} |= "error" [1m]))"#,
                "labels": {},
                "health": "ok",
                "lastError": "",
                "type": "recording",
                "lastEvaluation": null,
                "evaluationTime": null,
            },
        ],
        "interval": 10,
        "limit": 0,
        "lastEvaluation": null,
        "evaluationTime": null,
    }]);
    assert_eq!(groups, expected);
    let (_, text) = store.get("/prometheus/api/v1/alerts", &[]).await;
    let answer = json!({ "status": "success", "data": { "alerts": [alert] }, "errorType": "", "error": "" });
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), answer);
    for (params, rules) in [
        (&[("type", "record")][..], 1),
        (&[("rule_name[]", "Errors")], 1),
        (&[("file[]", "nothing")], 0),
        (&[("rule_group[]", "errors")], 2),
    ] {
        let (_, text) = store.get("/prometheus/api/v1/rules", params).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        let found = answer["data"]["groups"][0]["rules"].as_array().map_or(0, Vec::len);
        assert_eq!(found, rules, "{params:?}");
    }
    let (status, text) = store.get("/prometheus/api/v1/rules", &[("type", "x")]).await;
    assert!(status == 400 && text.contains("bad_data"), "{text}");
    let (_, text) = store.get("/ruler/recorded", &[]).await;
    assert_eq!(text, "app:errors:count1m{app=\"calm\"} 1\napp:errors:count1m{app=\"shop\"} 3\n");
    store.close().await;
}

#[tokio::test]
async fn tenants_have_rules_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::with(dir.path(), "auth_enabled: true\n").await;
    let request = |method, tenant: &'static str, body: &'static str| {
        let url = format!("{}/loki/api/v1/rules{}", store.url, if body.is_empty() { "" } else { "/x" });
        let request = store.client.request(method, url).body(body);
        if tenant.is_empty() { request } else { request.header("X-Scope-OrgID", tenant) }
    };
    let group = "{name: g, rules: [{alert: A, expr: vector(1)}]}";
    assert_eq!(request(Method::POST, "one", group).send().await.unwrap().status(), 202);
    for (tenant, status) in [("one", 200), ("two", 404), ("", 401), ("../one", 400)] {
        assert_eq!(request(Method::GET, tenant, "").send().await.unwrap().status(), status, "{tenant}");
    }
    store.close().await;
}

#[tokio::test]
async fn the_api_can_be_turned_off_and_hides_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let ruler = "ruler:\n  enable_api: false\n  alertmanager_url: http://me:hush@127.0.0.1:1\n  alertmanager_client: {basic_auth_username: u, basic_auth_password: quiet}\n";
    let store = open(dir.path(), &Clock::manual(START), ruler).await;
    for path in
        ["/loki/api/v1/rules", "/api/prom/rules", "/prometheus/api/v1/rules", "/prometheus/api/v1/alerts"]
    {
        assert_eq!(store.get(path, &[]).await.0, 404, "{path}");
    }
    for path in ["/config", "/metrics"] {
        let (_, text) = store.get(path, &[]).await;
        assert!(!text.contains("hush") && !text.contains("quiet"), "{path}: {text}");
    }
    store.close().await;
}
