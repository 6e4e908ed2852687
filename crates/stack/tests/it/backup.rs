//! Backups: taken while everything writes, restored into an empty place, compared; anything else refused.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::Stack;

/// Pushes lines and returns once they are acknowledged.
async fn push(stack: &Stack, from: usize, count: usize) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let values: Vec<[String; 2]> =
        (0..count).map(|n| [(now + n as u128).to_string(), format!("line {}", from + n)]).collect();
    let body = serde_json::json!({"streams": [{"stream": {"job": "backup"}, "values": values}]});
    let answer = stack.http.post(stack.url(3100, "/loki/api/v1/push")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 204);
}

/// All lines of the test's own stream, as sorted numbers.
async fn lines(stack: &Stack) -> Vec<usize> {
    let url = stack.log_query(r#"{job="backup"}"#) + "&limit=5000";
    let body: Value = stack.http.get(url).send().await.unwrap().json().await.unwrap();
    let streams = body["data"]["result"].as_array().unwrap().iter();
    let mut numbers: Vec<usize> = streams
        .flat_map(|stream| stream["values"].as_array().unwrap())
        .map(|entry| entry[1].as_str().unwrap().strip_prefix("line ").unwrap().parse().unwrap())
        .collect();
    numbers.sort_unstable();
    numbers
}

async fn get(stack: &Stack, port: u16, path: &str) -> (u16, Value) {
    let mut request = stack.http.get(stack.url(port, path));
    if port == 3000 {
        request = request.basic_auth("admin", Some("admin123"));
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

/// A dashboard of the user's own.
async fn save_dashboard(stack: &Stack) {
    let body =
        serde_json::json!({"dashboard": {"uid": "mine", "title": "Mine", "panels": []}, "overwrite": true});
    let url = stack.url(3000, "/api/dashboards/db");
    let request = stack.http.post(url).basic_auth("admin", Some("admin123")).json(&body);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_backup_is_there_after_a_restore() {
    let stack = Stack::in_checkout();
    stack.succeed(&["up"]);
    push(&stack, 0, 300).await;
    // Some of it in segments, some in the log.
    assert!(stack.http.post(stack.url(3100, "/flush")).send().await.unwrap().status().is_success());
    push(&stack, 300, 300).await;
    save_dashboard(&stack).await;
    let trace_id = stack.place_order().await;
    stack.find_telemetry(&trace_id).await;
    let (_, orders) = get(&stack, 8083, "/orders/user/1").await;

    // Other clients go on writing while the archive is made.
    let archive = stack.data().parent().unwrap().join("backup.tar.zst");
    let file = archive.to_str().unwrap();
    let printed = {
        let command = stack.command(&["backup", file]);
        let made = tokio::task::spawn_blocking(move || { command }.output().unwrap());
        for round in 0..20 {
            push(&stack, 1000 + round * 10, 10).await;
        }
        made.await.unwrap()
    };
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    assert!(!stack.data().join("run").join(format!("backup-{}", std::process::id())).exists());
    assert!(stack.succeed(&["restore", "--check", file]).contains("the backup is whole"));
    let ran = stack.run(&["backup", file]);
    assert!(ran.code == 1 && ran.stdout.contains("exists already"), "{}", ran.stdout);
    let ran = stack.run(&["restore", file]);
    assert!(ran.code == 1 && ran.stdout.contains("the stack is running"), "{}", ran.stdout);
    stack.succeed(&["down"]);
    let ran = stack.run(&["restore", file]);
    assert!(ran.code == 1 && ran.stdout.contains("is not empty"), "{}", ran.stdout);

    let copy = Stack::in_checkout();
    let printed = copy.succeed(&["restore", file]);
    assert!(printed.contains("restored into"), "{printed}");
    copy.succeed(&["up"]);
    let found = lines(&copy).await;
    assert!(found.starts_with(&(0..600).collect::<Vec<_>>()), "{} lines: {found:?}", found.len());
    let unique: std::collections::BTreeSet<&usize> = found.iter().collect();
    assert_eq!(unique.len(), found.len(), "no line is doubled");
    copy.find_telemetry(&trace_id).await;
    let (status, dashboard) = get(&copy, 3000, "/api/dashboards/uid/mine").await;
    assert_eq!((status, &dashboard["dashboard"]["title"]), (200, &Value::from("Mine")));
    let (_, restored) = get(&copy, 8083, "/orders/user/1").await;
    let id = orders["items"][0]["id"].as_i64().unwrap();
    let mut ids = restored["items"].as_array().unwrap().iter().map(|order| order["id"].as_i64().unwrap());
    assert!(ids.any(|found| found == id), "order {id} is in {restored}");
    copy.succeed(&["down"]);

    // Over what is there, only if asked for.
    copy.succeed(&["restore", "--force", file]);
    copy.succeed(&["up"]);
    assert!(lines(&copy).await.len() >= 600);
}

#[test]
fn damaged_and_foreign_archives_change_nothing() {
    let stack = Stack::new();
    let folder = stack.data();
    std::fs::create_dir_all(folder.join("shop")).unwrap();
    std::fs::write(folder.join("shop/jwt-secret"), "0123456789abcdef0123456789abcdef").unwrap();
    let archive = folder.parent().unwrap().join("b.tar.zst");
    let file = archive.to_str().unwrap();
    stack.succeed(&["backup", file]);
    let whole = std::fs::read(&archive).unwrap();
    std::fs::write(folder.join("shop/jwt-secret"), "ffffffffffffffffffffffffffffffff").unwrap();
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    for (bytes, expected) in [
        (flipped.as_slice(), "error: "),
        (&whole[..whole.len() - 20], "damaged"),
        (b"PK\x03\x04 a holiday in Rome", "not a backup of monitoring-stack"),
    ] {
        std::fs::write(&archive, bytes).unwrap();
        let ran = stack.run(&["restore", "--force", file]);
        assert_eq!(ran.code, 1);
        assert!(ran.stdout.contains(expected), "{}", ran.stdout);
        assert_eq!(read(&folder.join("shop/jwt-secret")), "f".repeat(32));
        assert_eq!(leftovers(&folder), Vec::<PathBuf>::new());
    }
    std::fs::write(&archive, &whole).unwrap();
    stack.succeed(&["restore", "--force", file]);
    assert_eq!(read(&folder.join("shop/jwt-secret")), "0123456789abcdef0123456789abcdef");
    std::fs::write(folder.join("run/restore.unfinished"), "").unwrap();
    let ran = stack.run(&["up"]);
    assert!(ran.code == 1 && ran.stdout.contains("run it again with --force"), "{}", ran.stdout);
    stack.succeed(&["restore", "--force", file]);
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// Folders of unfinished work.
fn leftovers(data: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data.join("run")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}
