//! The server's own figures, as Prometheus text on `/metrics`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use parking_lot::Mutex;

use crate::server::App;
use crate::version::{API_VERSION, COMMIT, STACK_VERSION};

const BUCKETS_SECS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 25.0];

/// Counts requests by route, method and status: all three from closed lists, so the map cannot grow without end.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<Labels, Series>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Labels {
    handler: String,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Default)]
struct Series {
    buckets: [u64; BUCKETS_SECS.len()],
    count: u64,
    sum_secs: f64,
}

impl Metrics {
    fn observe(&self, labels: Labels, elapsed: Duration) {
        let secs = elapsed.as_secs_f64();
        let mut requests = self.requests.lock();
        let series = requests.entry(labels).or_default();
        series.count += 1;
        series.sum_secs += secs;
        if let Some(index) = BUCKETS_SECS.iter().position(|bound| secs <= *bound) {
            series.buckets[index] += 1;
        }
    }

    /// The text that Prometheus reads.
    pub(crate) fn render(&self) -> String {
        let mut out = String::with_capacity(4096);
        out.push_str("# HELP grafana_build_info The version this server follows, and its own.\n# TYPE grafana_build_info gauge\n");
        // Writing into a String cannot fail.
        let _ok = writeln!(
            out,
            "grafana_build_info{{version=\"{API_VERSION}\",stack_version=\"{STACK_VERSION}\",revision=\"{COMMIT}\",edition=\"oss\"}} 1"
        );
        if let Some(bytes) = resident_bytes() {
            let _ok = writeln!(
                out,
                "# HELP process_resident_memory_bytes Memory in use.\n# TYPE process_resident_memory_bytes gauge\n\
                 process_resident_memory_bytes {bytes}"
            );
        }
        self.render_requests(&mut out);
        out
    }

    fn render_requests(&self, out: &mut String) {
        let name = "grafana_http_request_duration_seconds";
        let _ok = writeln!(out, "# HELP {name} Time to answer requests.\n# TYPE {name} histogram");
        for (labels, series) in self.requests.lock().iter() {
            let Labels { handler, method, status } = labels;
            let labels = format!("handler=\"{handler}\",method=\"{method}\",status_code=\"{status}\"");
            let mut below = 0;
            for (bound, count) in BUCKETS_SECS.iter().zip(series.buckets) {
                below += count;
                let _ok = writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {below}");
            }
            let _ok = writeln!(
                out,
                "{name}_bucket{{{labels},le=\"+Inf\"}} {}\n{name}_sum{{{labels}}} {}\n{name}_count{{{labels}}} {}",
                series.count, series.sum_secs, series.count
            );
        }
    }
}

/// Middleware: measures a request under the pattern of its route.
pub(crate) async fn measure(State(app): State<App>, request: Request, next: Next) -> Response {
    let handler = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "pages".to_owned(), |path| path.as_str().replace(['"', '\\'], "_"));
    let method = method_label(request.method());
    let started = Instant::now();
    let response = next.run(request).await;
    let labels = Labels { handler, method, status: response.status().as_u16() };
    app.metrics().observe(labels, started.elapsed());
    response
}

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_are_cumulative() {
        let metrics = Metrics::default();
        for millis in [1, 30, 60_000] {
            let labels = Labels { handler: "/api/user".to_owned(), method: "GET", status: 200 };
            metrics.observe(labels, Duration::from_millis(millis));
        }
        let text = metrics.render();
        let labels = "handler=\"/api/user\",method=\"GET\",status_code=\"200\"";
        for (line, value) in [("le=\"0.005\"", 1), ("le=\"0.05\"", 2), ("le=\"25\"", 2), ("le=\"+Inf\"", 3)] {
            let expected =
                format!("grafana_http_request_duration_seconds_bucket{{{labels},{line}}} {value}\n");
            assert!(text.contains(&expected), "{expected} in {text}");
        }
        assert!(text.contains(&format!("grafana_http_request_duration_seconds_count{{{labels}}} 3\n")));
        assert!(text.contains("process_resident_memory_bytes "));
    }
}
