use axum::http::StatusCode;

use crate::support::Lab;

#[tokio::test]
async fn health_needs_no_login_and_looks_like_grafanas() {
    let lab = Lab::new().await;
    let answer = lab.client().get("/api/health").await;
    assert_eq!(answer.status, StatusCode::OK);
    let body = answer.json();
    assert_eq!(body["database"], "ok");
    assert!(body["version"].as_str().unwrap().starts_with("13."));
    assert!(body["commit"].is_string());
}

#[tokio::test]
async fn own_figures_are_counted_by_route() {
    let lab = Lab::new().await;
    let mut client = lab.admin().await;
    client.get("/api/datasources/uid/loki").await;
    client.get("/api/datasources/uid/nobody").await;
    let text = lab.client().get("/metrics").await.text();
    assert!(text.contains("grafana_build_info{version=\"13."), "{text}");
    for status in [200, 404] {
        let line = format!(
            "_count{{handler=\"/api/datasources/uid/{{uid}}\",method=\"GET\",status_code=\"{status}\"}} 1\n"
        );
        assert!(text.contains(&line), "{line} in {text}");
    }
    let hidden = Lab::with([("GF_METRICS_ENABLED", "false")]).await;
    assert_eq!(hidden.client().get("/metrics").await.status, StatusCode::NOT_FOUND);
}
