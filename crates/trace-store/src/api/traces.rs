//! `/api/traces/{id}` and `/api/v2/traces/{id}`.

mod diff;
mod llm;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use model::TraceId;
use protocols::tempo::{PartialStatus, Trace, TraceByIdMetrics, TraceByIdResponse, TraceKey, trace_json};

use super::answer::{json_text, protobuf, wants, wants_protobuf};
use super::params::{Params, bad};
use super::{ApiError, guarded, plain};
use crate::query::trace::filter::TraceFilter;
use crate::query::trace::{FoundTrace, trace_by_id};
use crate::store::Store;

pub(super) fn routes() -> Router<Arc<Store>> {
    Router::new()
        .route("/api/traces/{id}", any(v1))
        .route("/api/v2/traces/{id}", any(v2))
        .route("/api/v2/traces/diff", any(diff::compare))
}

/// 1 to 32 hexadecimal digits in any case.
fn parse_id(text: &str) -> Result<TraceId, ApiError> {
    if let Some((at, other)) = text.chars().enumerate().find(|(_, c)| !c.is_ascii_hexdigit()) {
        return Err(bad(format!(
            "trace IDs can only contain hex characters: invalid character '{other}' at position {}",
            at + 1
        )));
    }
    text.parse().map_err(|_| bad("trace IDs can't be larger than 128 bits"))
}

/// `start` and `end` are only a hint for where to look; all places are looked at anyway.
fn check_times(params: &Params) -> Result<(), ApiError> {
    let time = |name: &str| -> Result<i64, ApiError> {
        let Some(text) = params.get(name) else { return Ok(0) };
        text.parse().map_err(|_| bad(format!("invalid {name}: {text:?} is not a number of seconds")))
    };
    let (start, end) = (time("start")?, time("end")?);
    if start > 0 && end > 0 && end <= start {
        return Err(bad(format!(
            "http parameter start must be before end. received start={start} end={end}"
        )));
    }
    for (name, label) in [("blockStart", "blockstart"), ("blockEnd", "blockend")] {
        let digits = |text: &str| text.chars().filter(|c| *c != '-').count();
        let is_uuid =
            |text: &str| digits(text) == 32 && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
        if params.get(name).is_some_and(|text| !is_uuid(text)) {
            return Err(bad(format!("invalid value for {label}: not a UUID")));
        }
    }
    Ok(())
}

/// What `q` and its companions ask for.
fn filter(params: &Params) -> Result<Option<TraceFilter>, ApiError> {
    let Some(query) = params.get("q") else { return Ok(None) };
    let keeps_hierarchy = match params.get("keep_hierarchy") {
        None | Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
        Some(other) => {
            let reason = format!("strconv.ParseBool: parsing {other:?}: invalid syntax");
            return Err(bad(format!("invalid value for keep_hierarchy: {reason}")));
        }
    };
    let depth = |name: &str, otherwise: i64| match params.get(name).map(str::parse::<i64>) {
        None => Ok(otherwise),
        Some(Ok(depth)) if depth >= -1 => Ok(depth),
        Some(Ok(_)) => Err(bad(format!("invalid value for {name}: must be >= -1"))),
        Some(Err(_)) => Err(bad(format!("invalid value for {name}: not a whole number"))),
    };
    let (below, above) = (depth("match_depth", 0)?, depth("ancestor_depth", -1)?);
    let filter = TraceFilter::new(query, below, if keeps_hierarchy { above } else { 0 });
    filter.map(Some).map_err(|error| bad(format!("invalid TraceQL filter: {error}")))
}

async fn find(store: &Arc<Store>, id: &str, params: &Params) -> Result<(FoundTrace, u64), ApiError> {
    let id = parse_id(id)?;
    check_times(params)?;
    let found = guarded(store, async |guard| {
        let trace = trace_by_id(store, id, &guard).await?;
        Ok((trace, guard.bytes()))
    });
    Ok(found.await?)
}

/// The refusal of a trace that is there only in part.
fn not_too_large(store: &Store, found: &FoundTrace) -> Option<Response> {
    let limit = store.query_limits.trace_bytes;
    let text =
        format!("trace exceeds max size (max bytes: {limit}); /api/v2/traces answers with a part of it");
    found.partial.then(|| plain(StatusCode::UNPROCESSABLE_ENTITY, text))
}

fn for_models(answer: &serde_json::Value) -> Response {
    ([(CONTENT_TYPE, llm::LLM)], answer.to_string()).into_response()
}

fn wants_llm(headers: &HeaderMap) -> bool {
    wants(headers, llm::LLM)
}

async fn v1(
    State(store): State<Arc<Store>>,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (found, _) = find(&store, &id, &params).await?;
    if let Some(refused) = not_too_large(&store, &found) {
        return Ok(refused);
    }
    if found.resource_spans.is_empty() {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    if wants_protobuf(&headers) {
        return Ok(protobuf(&Trace { resource_spans: found.resource_spans }));
    }
    if wants_llm(&headers) {
        return Ok(for_models(&serde_json::json!({ "trace": llm::trace(&found.resource_spans) })));
    }
    json(trace_json(TraceKey::Batches, &found.resource_spans))
}

async fn v2(
    State(store): State<Arc<Store>>,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let filter = filter(&params)?;
    let (mut found, inspected_bytes) = find(&store, &id, &params).await?;
    let mut messages = Vec::new();
    if found.partial {
        let limit = store.query_limits.trace_bytes;
        messages.push(format!("Trace exceeds maximum size of {limit} bytes, a partial trace is returned"));
    }
    if let Some(filter) = filter {
        found.resource_spans = filter.apply(found.resource_spans);
        found.partial = true;
        messages.push("Trace filtered, only a subset of spans matching the filter is returned".to_owned());
    }
    let message = (!messages.is_empty()).then(|| messages.join("; "));
    if wants_protobuf(&headers) {
        let status = if found.partial { PartialStatus::Partial } else { PartialStatus::Complete };
        return Ok(protobuf(&TraceByIdResponse {
            trace: Some(Trace { resource_spans: found.resource_spans }),
            metrics: Some(TraceByIdMetrics { inspected_bytes }),
            status: status as i32,
            message: message.unwrap_or_default(),
        }));
    }
    if wants_llm(&headers) {
        let mut answer = serde_json::json!({ "trace": llm::trace(&found.resource_spans) });
        if let Some(message) = message {
            answer["status"] = "PARTIAL".into();
            answer["message"] = message.into();
        }
        return Ok(for_models(&answer));
    }
    json(trace_json(TraceKey::ResourceSpans, &found.resource_spans).map(|trace| {
        let mut text = format!(r#"{{"trace":{trace},"metrics":{{"inspectedBytes":"{inspected_bytes}"}}"#);
        if let Some(message) = message {
            text.push_str(r#","status":"PARTIAL","message":"#);
            text.push_str(&serde_json::Value::from(message).to_string());
        }
        text.push('}');
        text
    }))
}

fn json(text: Result<String, serde_json::Error>) -> Result<Response, ApiError> {
    Ok(match text {
        Ok(text) => json_text(text),
        Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    })
}
