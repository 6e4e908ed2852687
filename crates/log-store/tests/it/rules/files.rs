//! Rule files that an operator keeps.

use std::path::Path;
use std::time::Duration;

use log_store::Clock;
use reqwest::Method;

use super::{START, open};
use crate::receiver::eventually;
use crate::store::Store;

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn file(group: &str) -> String {
    format!("groups:\n- name: {group}\n  rules:\n  - alert: A\n    expr: vector(1)\n")
}

async fn groups(store: &Store) -> Vec<String> {
    let groups = store.rules().await;
    let groups = groups.as_array().unwrap().iter();
    groups
        .map(|group| format!("{}/{}", group["file"].as_str().unwrap(), group["name"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn changes_are_seen_and_mistakes_leave_the_last_good_rules() {
    let dir = tempfile::tempdir().unwrap();
    let rules = dir.path().join("etc/rules");
    write(&rules, "fake/shop.yaml", &file("first"));
    let clock = Clock::manual(START);
    let ruler = format!(
        "ruler:\n  poll_interval: 30s\n  storage: {{type: local, local: {{directory: {}}}}}\n",
        rules.display()
    );
    let store = open(&dir.path().join("data"), &clock, &ruler).await;
    assert_eq!(groups(&store).await, ["shop.yaml/first"]);
    let becomes = async |expected: &[&str]| {
        clock.advance(Duration::from_secs(30));
        eventually(async || (groups(&store).await == expected).then_some(())).await;
    };
    write(&rules, "fake/shop.yaml", &file("second"));
    write(&rules, "root.yml", &file("at-the-root"));
    becomes(&["root.yml/at-the-root", "shop.yaml/second"]).await;
    write(&rules, "fake/shop.yaml", "groups: [{nmae: x}]");
    clock.advance(Duration::from_secs(30));
    eventually(async || (store.metric("loki_ruler_rule_files_failing ").await == 1.0).then_some(())).await;
    assert_eq!(groups(&store).await, ["root.yml/at-the-root", "shop.yaml/second"]);
    // Clients change their own namespaces, not these.
    for (method, path) in
        [(Method::POST, "shop.yaml"), (Method::DELETE, "shop.yaml"), (Method::DELETE, "root.yml/at-the-root")]
    {
        let (status, text) =
            store.send(method, &format!("/loki/api/v1/rules/{path}"), "{name: g, rules: []}").await;
        assert!(status == 403 && text.contains("operator"), "{path}: {status} {text}");
    }
    store.set_group("mine", "{name: g, rules: [{alert: A, expr: vector(1)}]}").await;
    assert_eq!(groups(&store).await, ["mine/g", "root.yml/at-the-root", "shop.yaml/second"]);
    std::fs::remove_file(rules.join("fake/shop.yaml")).unwrap();
    std::fs::remove_file(rules.join("root.yml")).unwrap();
    becomes(&["mine/g"]).await;
    store.close().await;
}

#[tokio::test]
async fn the_shops_rules_can_be_evaluated() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infrastructure/loki/rules");
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let ruler = format!("ruler_storage: {{backend: local, local: {{directory: {}}}}}\n", shipped.display());
    let store = open(dir.path(), &clock, &ruler).await;
    let groups = store.rules().await;
    let count = groups.as_array().unwrap().len();
    assert!(count > 0);
    clock.advance(Duration::from_secs(300));
    let groups = eventually(async || {
        let groups = store.rules().await;
        let rules = groups.as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap());
        let all = rules.clone().all(|rule| rule["health"] != "unknown");
        all.then(|| groups.clone())
    })
    .await;
    for rule in groups.as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap()) {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
    store.close().await;
}
