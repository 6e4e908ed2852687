//! The collector's own pages: readiness, metrics, targets and the configuration in force.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract;
use axum::http::header;
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::get;
use parking_lot::Mutex;

use crate::files::TargetStatus;
use crate::metrics::Metrics;

/// What the pages show.
#[derive(Debug, Clone)]
pub struct State {
    pub metrics: Metrics,
    /// YAML without secrets.
    pub config: Arc<str>,
    pub statuses: Arc<[Arc<Mutex<Vec<TargetStatus>>>]>,
}

/// All routes. They are served once every job has looked for its files, so being served is being ready.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/targets") }))
        .route("/ready", get(|| async { "Ready\n" }))
        .route("/metrics", get(metrics))
        .route("/config", get(config))
        .route("/targets", get(targets_page))
        .route("/service-discovery", get(targets_page))
        .route("/api/v1/targets", get(targets_json))
        .with_state(state)
}

async fn metrics(extract::State(state): extract::State<State>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.render())
}

async fn config(extract::State(state): extract::State<State>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/yaml; charset=utf-8")], state.config.to_string())
}

async fn targets_json(extract::State(state): extract::State<State>) -> impl IntoResponse {
    axum::Json(all(&state))
}

async fn targets_page(extract::State(state): extract::State<State>) -> Html<String> {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Collector: targets</title>\
         <style>body{font:14px sans-serif;margin:2em}td,th{padding:.2em 1em .2em 0;text-align:left}\
         td.n{text-align:right}code{background:#eee}</style>\
         <h1>Targets</h1><p><a href=\"/metrics\">metrics</a> <a href=\"/config\">configuration</a></p>",
    );
    for target in all(&state) {
        let (job, labels) = (escape(&target.job), escape(&target.labels.to_string()));
        // Writing to a String cannot fail.
        let _infallible = write!(
            page,
            "<h2>{job}</h2><p><code>{}</code> <code>{labels}</code></p>\
             <table><tr><th>file<th>read<th>size<th>",
            escape(&target.pattern)
        );
        for file in &target.files {
            let (path, state) = (escape(&file.path), if file.rotated { "rotated" } else { "" });
            let (position, size) = (file.position, file.size);
            let _infallible =
                write!(page, "<tr><td>{path}<td class=n>{position}<td class=n>{size}<td>{state}");
        }
        page.push_str("</table>");
    }
    Html(page)
}

fn all(state: &State) -> Vec<TargetStatus> {
    state.statuses.iter().flat_map(|status| status.lock().clone()).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
