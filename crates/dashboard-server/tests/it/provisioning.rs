use dashboard_server::Clock;
use runtime::CancellationToken;
use serde_json::Value;

use crate::support::{Lab, START, open};

fn write(folder: &std::path::Path, name: &str, text: &str) {
    let folder = folder.join("provisioning/datasources");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
}

async fn names(lab: &Lab) -> Vec<(String, String)> {
    let list = lab.admin().await.get("/api/datasources").await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(|source| (text(&source["name"]), text(&source["uid"]))).collect()
}

fn pair(name: &str, uid: &str) -> (String, String) {
    (name.to_owned(), uid.to_owned())
}

#[tokio::test]
async fn files_are_applied_at_every_start() {
    let lab = Lab::new().await;
    assert_eq!(
        names(&lab).await,
        [pair("Loki", "loki"), pair("Prometheus", "prometheus"), pair("Tempo", "tempo")]
    );

    // Another address and another name for known sources, and a new one.
    let file = "apiVersion: 1\ndatasources:\n  - {name: Loki, uid: loki, type: loki, url: 'http://other:3100'}\n  \
                - {name: Traces, uid: tempo, type: tempo, url: $TEMPO_URL, isDefault: true}\n  \
                - {name: Metrics, uid: prom, type: prometheus, url: 'http://prometheus:9090'}\n";
    write(lab.data_folder(), "a.yaml", file);
    let lab = lab.restart([]).await;
    assert_eq!(
        names(&lab).await,
        [
            pair("Loki", "loki"),
            pair("Metrics", "prom"),
            pair("Prometheus", "prometheus"),
            pair("Traces", "tempo"),
        ]
    );
    let mut client = lab.admin().await;
    let loki = client.get("/api/datasources/uid/loki").await.json();
    assert_eq!((loki["id"].as_i64(), loki["url"].as_str()), (Some(1), Some("http://other:3100")));
    assert_eq!(loki["isDefault"], false, "the default moved");
    drop(client);

    // What no file lists stays, unless files say otherwise.
    write(lab.data_folder(), "a.yaml", "apiVersion: 1\ndeleteDatasources: [{name: Metrics}]\n");
    let lab = lab.restart([]).await;
    assert_eq!(
        names(&lab).await,
        [pair("Loki", "loki"), pair("Prometheus", "prometheus"), pair("Traces", "tempo")]
    );
    write(
        lab.data_folder(),
        "a.yaml",
        "apiVersion: 1\nprune: true\ndatasources: [{name: Loki, uid: loki, type: loki, url: 'http://l'}]\n",
    );
    let lab = lab.restart([]).await;
    assert_eq!(names(&lab).await, [pair("Loki", "loki")]);
}

#[tokio::test]
async fn secrets_are_named_but_never_shown_or_stored() {
    let lab = Lab::new().await;
    let file = "apiVersion: 1\ndatasources:\n  - name: Loki\n    uid: loki\n    type: loki\n    url: http://l\n    \
                jsonData: {httpHeaderName1: X-Token}\n    secureJsonData: {httpHeaderValue1: $TOKEN}\n";
    write(lab.data_folder(), "a.yaml", file);
    let lab = lab.restart([("TOKEN", "hunter2hunter2")]).await;
    let answer = lab.admin().await.get("/api/datasources/uid/loki").await;
    assert_eq!(answer.json()["secureJsonFields"]["httpHeaderValue1"], true);
    assert!(!answer.text().contains("hunter2"));
    for entry in std::fs::read_dir(lab.data_folder().join("data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"));
    }
}

#[tokio::test]
async fn a_mistake_in_a_file_stops_the_start_and_names_its_place() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "good.yaml", "apiVersion: 1\n");
    write(folder.path(), "wrong.yaml", "apiVersion: 1\ndatasources:\n  - name: Loki\n    tipo: loki\n");
    let error = open(&folder, Clock::manual(START), CancellationToken::new(), []).await.unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("wrong.yaml") && error.contains("tipo") && error.contains("line 4"), "{error}");
}
