//! The newest value of every recorded series, for whoever scrapes rather than receives.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::api::App;
use crate::api::error::ApiError;
use crate::api::tenant;
use crate::ruler::metrics::escaped;
use crate::ruler::spec::LabelMap;

/// Prometheus' text format.
pub(super) async fn recorded(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let tenant = tenant::of(&app, &headers)?;
    let mut series: Vec<(LabelMap, f64)> = Vec::new();
    for group in app.ruler.groups().iter().filter(|group| group.tenant == tenant) {
        let state = group.state.lock();
        let recorded = state.rules.iter().flat_map(|rule| &rule.recorded);
        series.extend(recorded.map(|(labels, value)| (labels.clone(), *value)));
    }
    // Two rules may record the same series; a page must not.
    series.sort_by(|(left, _), (right, _)| name_first(left).cmp(&name_first(right)));
    series.dedup_by(|(left, _), (right, _)| left == right);
    let mut text = String::new();
    for (labels, value) in &series {
        line(labels, *value, &mut text);
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// Series of one name stand together.
fn name_first(labels: &LabelMap) -> (Option<&String>, &LabelMap) {
    (labels.get("__name__"), labels)
}

fn line(labels: &LabelMap, value: f64, out: &mut String) {
    let name = labels.get("__name__").map_or("", String::as_str);
    out.push_str(name);
    let mut separator = '{';
    for (name, value) in labels.iter().filter(|(name, _)| *name != "__name__") {
        let _infallible = write!(out, "{separator}{name}=\"{}\"", escaped(value));
        separator = ',';
    }
    if separator == ',' {
        out.push('}');
    }
    let _infallible = writeln!(out, " {}", logql::SampleValue(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_lines() {
        let mut text = String::new();
        let name = ("__name__".to_owned(), "a:b".to_owned());
        line(&LabelMap::from([name.clone()]), 1.5, &mut text);
        line(
            &LabelMap::from([name, ("x".to_owned(), "a\"b".to_owned()), ("y".to_owned(), "c".to_owned())]),
            f64::NAN,
            &mut text,
        );
        assert_eq!(text, "a:b 1.5\na:b{x=\"a\\\"b\",y=\"c\"} NaN\n");
    }
}
