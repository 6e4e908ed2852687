//! Delete requests: in force at once, durable, carried out in the background.

use std::path::Path;

use serde_json::{Value, json};

use crate::store::{Knobs, Store};

/// Requests are carried out at once, replaced files go at once.
const AT_ONCE: &str = "
auth_enabled: false
limits_config: {reject_old_samples: false}
compactor: {retention_enabled: true, delete_request_cancel_period: 0s}
";
/// Requests only hide lines, for the time of a test.
const CANCELLABLE: &str = "
auth_enabled: false
limits_config: {reject_old_samples: false}
compactor: {retention_enabled: true}
";
const SECOND: i64 = 1_000_000_000;
const DELETE: &str = "/loki/api/v1/delete";

impl Store {
    /// Asks for a delete; returns the id.
    async fn delete(&self, params: &[(&str, &str)]) -> String {
        let response = self.client.post(self.with_query(DELETE, params)).send().await.unwrap();
        assert_eq!(response.status(), 204);
        response.headers()["x-delete-request-id"].to_str().unwrap().to_owned()
    }

    async fn statuses(&self) -> Vec<String> {
        let (status, text) = self.get(DELETE, &[]).await;
        assert_eq!(status, 200, "{text}");
        let list: Vec<Value> = serde_json::from_str(&text).unwrap();
        list.iter().map(|request| request["status"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until all requests are carried out.
    async fn until_processed(&self) {
        while self.statuses().await.iter().any(|status| status != "processed") {
            tokio::time::sleep(Knobs::QUICK.every).await;
        }
    }

    async fn json(&self, path: &str, params: &[(&str, &str)]) -> Value {
        let (status, text) = self.get(path, params).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn count(&self, query: &str) -> u64 {
        let answer = self.json("/loki/api/v1/query", &[("query", query), ("time", "1000")]).await;
        let result = &answer["data"]["result"];
        result
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["value"][1].as_str().unwrap().parse::<u64>().unwrap())
            .sum()
    }
}

/// Three streams over seconds 1 to 6.
async fn fill(store: &Store) {
    let app = |name: &str| json!({ "service_name": name, "env": "lab" });
    store.push(&app("shop"), &[(SECOND, "one"), (2 * SECOND, "two secret"), (3 * SECOND, "three")]).await;
    store.push(&app("users"), &[(4 * SECOND, r#"{"user":7}"#), (5 * SECOND, r#"{"user":8}"#)]).await;
    store.push(&app("gone"), &[(6 * SECOND, "bye")]).await;
}

const FORWARD: &[(&str, &str)] = &[("direction", "forward")];
const ALL: &str = r#"{env="lab"}"#;
const LEFT: [&str; 3] = ["one", "three", r#"{"user":8}"#];

async fn delete_three_things(store: &Store) {
    store.delete(&[("query", r#"{service_name="shop"} |= "secret""#), ("start", "0"), ("end", "1000")]).await;
    store.delete(&[("query", r#"{env="lab"} | json | user="7""#), ("start", "0"), ("end", "1000")]).await;
    store.delete(&[("query", r#"{service_name="gone"}"#), ("start", "1"), ("end", "10")]).await;
}

/// What every endpoint says of what is left.
async fn check_left(store: &Store, told: &str) {
    assert_eq!(store.lines(ALL, FORWARD).await, LEFT, "{told}");
    assert_eq!(store.lines(ALL, &[("limit", "1")]).await, [LEFT[2]], "{told}");
    assert_eq!(store.count(&format!("count_over_time({ALL}[1000s])")).await, 3, "{told}");
    let range = [("start", "0"), ("end", "100")];
    let names = store.json("/loki/api/v1/label/service_name/values", &range).await;
    assert_eq!(names["data"], json!(["shop", "users"]), "{told}");
    let series = store.json("/loki/api/v1/series", &range).await;
    assert_eq!(series["data"].as_array().unwrap().len(), 2, "{told}");
    let statistics = [("query", ALL), ("start", "0"), ("end", "100")];
    let stats = store.json("/loki/api/v1/index/stats", &statistics).await;
    assert_eq!(
        (&stats["streams"], &stats["entries"], &stats["bytes"]),
        (&json!(2), &json!(3), &json!(18)),
        "{told}"
    );
    let volume = store.json("/loki/api/v1/index/volume", &statistics).await;
    assert_eq!(volume["data"]["result"][0]["value"][1], "18", "{told}");
}

#[tokio::test]
async fn deleted_lines_are_gone_from_every_answer_at_once() {
    for sealed in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::with(dir.path(), CANCELLABLE).await;
        fill(&store).await;
        if sealed {
            store.get("/flush", &[]).await;
        }
        delete_three_things(&store).await;
        check_left(&store, &format!("sealed: {sealed}")).await;
        assert_eq!(store.statuses().await, ["received"; 3]);
        store.close().await;
        let store = Store::with(dir.path(), CANCELLABLE).await;
        check_left(&store, &format!("after a restart, sealed: {sealed}")).await;
        store.close().await;
    }
}

#[tokio::test]
async fn requests_are_carried_out_and_then_forgotten_by_queries() {
    for sealed in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::quick(dir.path(), AT_ONCE).await;
        fill(&store).await;
        if sealed {
            store.get("/flush", &[]).await;
        }
        delete_three_things(&store).await;
        check_left(&store, "at once").await;
        store.until_processed().await;
        check_left(&store, "when processed").await;
        assert!(!anywhere(dir.path(), b"secret") && !anywhere(dir.path(), b"bye"), "the files are gone, too");
        // What comes later with the same times is not meant.
        store.push(&json!({ "service_name": "gone", "env": "lab" }), &[(6 * SECOND, "back")]).await;
        assert_eq!(store.lines(r#"{service_name="gone"}"#, &[]).await, ["back"]);
        store.close().await;
        let store = Store::quick(dir.path(), AT_ONCE).await;
        assert_eq!(store.statuses().await, ["processed"; 3]);
        assert_eq!(store.lines(ALL, FORWARD).await, ["back", "one", "three", r#"{"user":8}"#]);
        store.close().await;
    }
}

/// Whether any file of the log or the segments has these bytes (lines of this length are not compressed away).
fn anywhere(dir: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap()).any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return anywhere(&path, needle);
        }
        let list_of_requests = entry.file_name().to_string_lossy().starts_with("deletes.");
        !list_of_requests && std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle)
    })
}

#[tokio::test]
async fn a_request_can_be_cancelled_while_its_lines_are_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::with(dir.path(), CANCELLABLE).await;
    fill(&store).await;
    let id = store.delete(&[("query", r#"{service_name="shop"}"#), ("start", "0")]).await;
    assert_eq!(store.lines(r#"{service_name="shop"}"#, &[]).await.len(), 0);
    let cancel = async |id: &str| {
        let url = store.with_query(DELETE, &[("request_id", id)]);
        let response = store.client.delete(url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(cancel("nothing").await, (404, "could not find delete request with given id".to_owned()));
    assert_eq!(cancel(&id).await.0, 204);
    assert_eq!(store.lines(r#"{service_name="shop"}"#, &[]).await.len(), 3);
    assert_eq!(cancel(&id).await.0, 404);
    assert_eq!(store.get(DELETE, &[]).await, (200, "[]".to_owned()));
    store.close().await;
}

#[tokio::test]
async fn a_request_past_its_time_cannot_be_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::quick(dir.path(), AT_ONCE).await;
    fill(&store).await;
    let id = store.delete(&[("query", ALL), ("start", "0")]).await;
    store.until_processed().await;
    let url = store.with_query(DELETE, &[("request_id", &id), ("force", "true")]);
    let response = store.client.delete(url).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("already processed"));
    assert!(store.lines(ALL, &[]).await.is_empty());
    store.close().await;
}

#[tokio::test]
async fn the_list_has_lokis_shape() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::with(dir.path(), CANCELLABLE).await;
    let query = r#"{app="x"} |= "y""#;
    let params = [("query", query), ("start", "100"), ("end", "200.5"), ("max_interval", "10s")];
    let url = store.with_query("/api/prom/delete", &params);
    let response = store.client.put(url).send().await.unwrap();
    assert_eq!(response.status(), 204);
    let id = response.headers()["x-delete-request-id"].to_str().unwrap().to_owned();
    let list = store.json("/api/prom/delete", &[]).await;
    let created = list[0]["created_at"].as_f64().unwrap();
    assert!(created > 1.7e9, "{list}");
    let expected = json!({ "request_id": id, "start_time": 100, "end_time": 200.5, "query": query, "status": "received", "created_at": list[0]["created_at"] });
    assert_eq!(list, json!([expected]));
    assert_eq!(store.json("/loki/api/v1/cache/generation_numbers", &[]).await, json!("1"));
    store.close().await;
}

#[tokio::test]
async fn bad_requests_are_refused_in_lokis_words() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::with(dir.path(), CANCELLABLE).await;
    let x = ("query", r#"{app="x"}"#);
    let long = format!("{{app=\"{}\"}}", "x".repeat(20_000));
    for (params, part) in [
        (vec![("start", "1")], "query not set"),
        (vec![("query", long.as_str()), ("start", "1")], "at most 16 KiB"),
        (vec![("query", "{app"), ("start", "1")], "invalid query expression"),
        (vec![("query", "{}"), ("start", "1")], "invalid query expression"),
        (vec![("query", r#"rate({app="x"}[1m])"#), ("start", "1")], "invalid query expression"),
        (vec![x], "start time not set"),
        (vec![x, ("start", "soon")], "invalid start time: require unix seconds or RFC3339 format"),
        (
            vec![x, ("start", "1"), ("end", "soon")],
            "invalid end time: require unix seconds or RFC3339 format",
        ),
        (vec![x, ("start", "1"), ("end", "2222-01-01T00:00:00Z")], "deletes in the future are not allowed"),
        (vec![x, ("start", "5"), ("end", "5")], "start time can't be greater than or equal to end time"),
        (vec![x, ("start", "1"), ("end", "5"), ("max_interval", "1")], "invalid max_interval"),
        (
            vec![x, ("start", "1"), ("end", "5"), ("max_interval", "25h")],
            "max_interval can't be greater than",
        ),
        (vec![x, ("start", "1"), ("end", "5"), ("max_interval", "1h")], "the interval to be deleted"),
    ] {
        let response = store.client.post(store.with_query(DELETE, &params)).send().await.unwrap();
        let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
        assert_eq!(status, 400, "{params:?}: {text}");
        assert!(text.contains(part), "{params:?}: {text}");
    }
    assert_eq!(store.get(DELETE, &[]).await.1, "[]");
    store.close().await;
}

#[tokio::test]
async fn deletes_need_retention_and_a_mode_that_allows_them() {
    let base = "auth_enabled: true\n";
    let modes = |mode: &str| {
        format!("{base}compactor: {{retention_enabled: true}}\nlimits_config: {{deletion_mode: {mode}}}\n")
    };
    for (config, expected) in [
        (base.to_owned(), (400, "Retention is not enabled")),
        (modes("disabled"), (403, "deletion is not available for this tenant")),
        (modes("filter-only"), (204, "")),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::with(dir.path(), &config).await;
        let url = store.with_query(DELETE, &[("query", r#"{app="x"}"#), ("start", "1")]);
        assert_eq!(store.client.post(&url).send().await.unwrap().status(), 401);
        let response = store.client.post(&url).header("X-Scope-OrgID", "a").send().await.unwrap();
        let found = (response.status().as_u16(), response.text().await.unwrap());
        assert_eq!(found, (expected.0, expected.1.to_owned()));
        store.close().await;
    }
}

#[tokio::test]
async fn tenants_delete_only_their_own_lines() {
    let dir = tempfile::tempdir().unwrap();
    let config = AT_ONCE.replace("auth_enabled: false", "auth_enabled: true");
    let store = Store::quick(dir.path(), &config).await;
    let body = json!({ "streams": [{ "stream": { "a": "b" }, "values": [["1", "mine"]] }] });
    let as_tenant =
        |request: reqwest::RequestBuilder, tenant: &str| request.header("X-Scope-OrgID", tenant).send();
    for tenant in ["one", "two"] {
        let push = store.client.post(format!("{}/loki/api/v1/push", store.url)).json(&body);
        assert_eq!(as_tenant(push, tenant).await.unwrap().status(), 204);
    }
    let url = store.with_query(DELETE, &[("query", r#"{a="b"}"#), ("start", "0")]);
    assert_eq!(as_tenant(store.client.post(url), "one").await.unwrap().status(), 204);
    let lines = async |tenant: &str| {
        let url = store.with_query(
            "/loki/api/v1/query_range",
            &[("query", r#"{a="b"}"#), ("start", "0"), ("end", "10")],
        );
        let text = as_tenant(store.client.get(url), tenant).await.unwrap().text().await.unwrap();
        crate::store::lines(&text).len()
    };
    assert_eq!((lines("one").await, lines("two").await), (0, 1));
    let list = async |tenant: &str| {
        let text = as_tenant(store.client.get(store.with_query(DELETE, &[])), tenant)
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    assert_eq!(list("two").await, json!([]));
    while list("one").await[0]["status"] != "processed" {
        tokio::time::sleep(Knobs::QUICK.every).await;
    }
    assert_eq!((lines("one").await, lines("two").await), (0, 1));
    store.close().await;
}

#[tokio::test]
async fn filter_only_hides_lines_and_keeps_them() {
    let dir = tempfile::tempdir().unwrap();
    let config = AT_ONCE.replace("limits_config: {", "limits_config: {deletion_mode: filter-only, ");
    let store = Store::quick(dir.path(), &config).await;
    fill(&store).await;
    store.get("/flush", &[]).await;
    store.delete(&[("query", ALL), ("start", "0")]).await;
    assert!(store.lines(ALL, &[]).await.is_empty());
    store.close().await;
    // With the mode off, deletes have no effect at all: the lines are still there.
    let store = Store::quick(dir.path(), &config.replace("filter-only", "disabled")).await;
    assert_eq!(store.lines(ALL, &[]).await.len(), 6);
    store.close().await;
}
