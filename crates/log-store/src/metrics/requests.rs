//! How long requests take, by route, method and status: `loki_request_duration_seconds`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use parking_lot::Mutex;

use super::text::Text;
use crate::api::App;

const NAME: &str = "loki_request_duration_seconds";
/// Upper ends in seconds; those that Loki has.
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0];

type Kind = (&'static str, StatusCode);

#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// By path as in the table of routes, so that there are few.
    routes: Mutex<BTreeMap<Box<str>, BTreeMap<Kind, Histogram>>>,
}

#[derive(Debug, Default, Clone)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    sum: f64,
}

impl Requests {
    fn observe(&self, route: &str, method: &Method, status: StatusCode, took: Duration) {
        let mut routes = self.routes.lock();
        let kinds = match routes.get_mut(route) {
            Some(kinds) => kinds,
            None => routes.entry(route.into()).or_default(),
        };
        let histogram = kinds.entry((method_name(method), status)).or_default();
        let seconds = took.as_secs_f64();
        histogram.count += 1;
        histogram.sum += seconds;
        for (count, end) in histogram.buckets.iter_mut().zip(BUCKETS) {
            *count += u64::from(seconds <= end);
        }
    }

    pub(super) fn render(&self, text: &mut Text) {
        text.family(NAME, "histogram", "Time until requests are answered.");
        for (route, kinds) in self.routes.lock().iter() {
            for ((method, status), histogram) in kinds {
                let ws = if *status == StatusCode::SWITCHING_PROTOCOLS { "true" } else { "false" };
                let labels = [
                    ("method", *method),
                    ("route", &*name(route)),
                    ("status_code", status.as_str()),
                    ("ws", ws),
                ];
                histogram.render(&labels, text);
            }
        }
    }
}

impl Histogram {
    fn render(&self, labels: &[(&str, &str)], text: &mut Text) {
        let name = format!("{NAME}_bucket");
        let mut bucket = |end: &str, count: u64| {
            let labels: Vec<(&str, &str)> = labels.iter().copied().chain([("le", end)]).collect();
            text.sample(&name, &labels, count);
        };
        for (count, end) in self.buckets.iter().zip(BUCKETS) {
            bucket(&end.to_string(), *count);
        }
        bucket("+Inf", self.count);
        text.sample(&format!("{NAME}_sum"), labels, self.sum);
        text.sample(&format!("{NAME}_count"), labels, self.count);
    }
}

/// `/loki/api/v1/label/{name}/values` as `loki_api_v1_label_name_values`.
fn name(route: &str) -> String {
    let parts = route.split(['/', '{', '}', '*', '-']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("_")
}

/// Clients may invent methods; there must not be a histogram for each.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Measures a request. Of a live tail, only the handshake.
pub(crate) async fn measure(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    app.metrics.requests.observe(route, &method, response.status(), started.elapsed());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_what_they_were() {
        let requests = Requests::default();
        for (route, millis) in [("/loki/api/v1/push", 4), ("/loki/api/v1/push", 30), ("/ready", 200_000)] {
            requests.observe(route, &Method::POST, StatusCode::NO_CONTENT, Duration::from_millis(millis));
        }
        let mut text = Text::default();
        requests.render(&mut text);
        let text = text.finish();
        let push = r#"method="POST",route="loki_api_v1_push",status_code="204",ws="false""#;
        let ready = r#"method="POST",route="ready",status_code="204",ws="false""#;
        for line in [
            format!("{NAME}_bucket{{{push},le=\"0.005\"}} 1"),
            format!("{NAME}_bucket{{{push},le=\"0.025\"}} 1"),
            format!("{NAME}_bucket{{{push},le=\"0.05\"}} 2"),
            format!("{NAME}_bucket{{{push},le=\"1\"}} 2"),
            format!("{NAME}_count{{{push}}} 2"),
            format!("{NAME}_sum{{{push}}} 0.034"),
            format!("{NAME}_bucket{{{ready},le=\"100\"}} 0"),
            format!("{NAME}_bucket{{{ready},le=\"+Inf\"}} 1"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert_eq!(name("/loki/api/v1/label/{name}/values"), "loki_api_v1_label_name_values");
    }
}
