//! The limits in force, for operators and for Grafana's Logs Drilldown.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::App;
use super::error::ApiError;
use super::query::json as answer;
use super::tenant;
use crate::limits::Limits;
use crate::metrics::LOKI_VERSION;
use crate::query::in_days;

/// As YAML, a limit a line.
pub(crate) async fn tenant_limits(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    tenant::of(&app, &headers)?;
    // What is JSON is YAML, too.
    let lines = limits(&app.limits).into_iter().map(|(name, value)| format!("{name}: {value}\n"));
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((headers, lines.collect::<String>()).into_response())
}

/// What Logs Drilldown asks before it shows anything.
pub(crate) async fn drilldown_limits(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    tenant::of(&app, &headers)?;
    Ok(answer(&json!({
        "limits": limits(&app.limits),
        "pattern_ingester_enabled": true,
        "version": LOKI_VERSION,
    })))
}

fn limits(limits: &Limits) -> Map<String, Value> {
    let duration = |duration: Option<Duration>| json!(in_days(duration.unwrap_or_default()));
    let (query, ingest) = (&limits.query, &limits.ingest);
    let pairs = [
        ("discover_log_levels", json!(limits.discover_log_levels)),
        ("discover_service_name", json!(limits.discover_service_name)),
        ("log_level_fields", json!(limits.log_level_fields)),
        ("allow_structured_metadata", json!(limits.allow_structured_metadata)),
        ("max_structured_metadata_size", json!(limits.max_structured_metadata_size)),
        ("max_structured_metadata_entries_count", json!(limits.max_structured_metadata_entries_count)),
        ("max_line_size", json!(limits.max_line_size)),
        ("max_line_size_truncate", json!(limits.max_line_size_truncate)),
        ("max_label_name_length", json!(limits.max_label_name_length)),
        ("max_label_value_length", json!(limits.max_label_value_length)),
        ("max_label_names_per_series", json!(limits.max_label_names_per_series)),
        ("reject_old_samples", json!(limits.reject_old_samples_max_age.is_some())),
        ("reject_old_samples_max_age", duration(limits.reject_old_samples_max_age)),
        ("creation_grace_period", duration(Some(limits.creation_grace_period))),
        ("increment_duplicate_timestamp", json!(ingest.increment_duplicate_timestamp)),
        ("max_global_streams_per_user", json!(ingest.max_streams.unwrap_or_default())),
        ("max_entries_limit_per_query", json!(limits.max_entries_limit_per_query)),
        ("max_query_length", duration(limits.max_query_length)),
        ("max_query_lookback", duration(query.max_lookback)),
        ("max_query_range", duration(query.max_range)),
        ("max_query_series", json!(query.max_series)),
        ("max_query_bytes_read", json!(query.max_bytes_read.to_string())),
        ("max_streams_matchers_per_query", json!(query.max_matchers)),
        ("max_concurrent_tail_requests", json!(query.max_concurrent_tails)),
        ("required_labels", json!(query.required_labels)),
        ("minimum_labels_number", json!(query.minimum_labels)),
        ("query_timeout", duration(Some(limits.query_timeout))),
        ("retention_period", duration(limits.retention_period)),
        ("volume_enabled", json!(limits.volume_enabled)),
        ("volume_max_series", json!(limits.volume_max_series)),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
