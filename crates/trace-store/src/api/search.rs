//! `/api/search`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;
use http::HeaderMap;
use protocols::otlp::status::StatusCode as SpanStatus;
use protocols::tempo::{SearchMetrics, SearchResponse, SearchSpan, SpanSet, TraceSearchMetadata};

use super::answer::answer;
use super::convert::attributes;
use super::params::{Params, bad};
use super::{ApiError, guarded, logfmt};
use crate::query::QueryLimits;
use crate::query::search::{Condition, Conditions, FoundTrace, SearchQuery, SearchResult, Selection, search};
use crate::store::Store;

/// Shown while the root is unknown.
const NO_ROOT: &str = "<root span not yet received>";
/// Parameters of this endpoint; when none of the first four is there, all others are tags.
const KNOWN: [&str; 10] =
    ["q", "tags", "start", "end", "since", "limit", "spss", "minDuration", "maxDuration", "query"];

pub(super) fn routes() -> Router<Arc<Store>> {
    Router::new().route("/api/search", any(run))
}

async fn run(
    State(store): State<Arc<Store>>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let request = Request::new(&params, &store.query_limits)?;
    let found = guarded(&store, async |guard| {
        let found = search(&store, request.0, &guard).await?;
        Ok((found, guard.spans(), guard.bytes()))
    });
    let (found, spans, bytes) = found.await?;
    Ok(answer(&headers, &response(&store.query_limits, &found, spans, bytes)))
}

struct Request(SearchQuery);

impl Request {
    fn new(params: &Params, limits: &QueryLimits) -> Result<Self, ApiError> {
        let limit = match params.number("limit")? {
            None => limits.default_limit,
            Some(0) => return Err(bad("invalid limit: must be a positive number")),
            Some(limit) if limit as usize > limits.max_limit => {
                return Err(bad(format!("limit {limit} exceeds max limit {}", limits.max_limit)));
            }
            Some(limit) => limit as usize,
        };
        let spans_per_set = match params.number("spss")? {
            None | Some(0) => limits.default_spans_per_span_set,
            Some(spans) if spans as usize > limits.max_spans_per_span_set => {
                let most = limits.max_spans_per_span_set;
                return Err(bad(format!("spans per span set exceeds {most}. received {spans}")));
            }
            Some(spans) => spans as usize,
        };
        let (start_secs, end_secs) = params.window(limits.max_range)?;
        let (min_duration, max_duration) = (params.duration("minDuration")?, params.duration("maxDuration")?);
        if let (Some(least), Some(most)) = (min_duration, max_duration)
            && most <= least
        {
            return Err(bad("invalid maxDuration: must be greater than minDuration"));
        }
        let traceql = params.get("q").map(parse_traceql).transpose()?;
        if traceql.is_some() && params.get("tags").is_some() {
            return Err(bad("invalid request: can't specify tags and q in the same query"));
        }
        let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        // With q, durations are part of the query; the parameters are ignored as in Tempo.
        let is_tags = traceql.is_none();
        let only_tags = |duration: Option<Duration>| duration.filter(|_| is_tags).map(nanos);
        let selection = match traceql {
            Some(query) => Selection::TraceQl(Arc::new(query), spans_per_set),
            None => Selection::Tags(conditions(params)?),
        };
        let query = SearchQuery {
            selection,
            min_duration: only_tags(min_duration),
            max_duration: only_tags(max_duration),
            start_secs,
            end_secs,
            limit,
        };
        Ok(Self(query))
    }
}

/// Of a query for metrics, the part that selects spans.
fn parse_traceql(query: &str) -> Result<traceql::Query, ApiError> {
    traceql::Query::parse(query).map_err(|error| bad(format!("invalid TraceQL query: {error}")))
}

fn conditions(params: &Params) -> Result<Conditions, ApiError> {
    let pairs = match params.get("tags") {
        Some(tags) => logfmt::parse(tags).map_err(|error| bad(format!("invalid tags: {error}")))?,
        // The oldest form of this API: any unknown parameter is a tag.
        None if !params.0.iter().any(|(key, _)| KNOWN[..4].contains(&key.as_str())) => {
            params.0.iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())).cloned().collect()
        }
        None => Vec::new(),
    };
    let list = pairs.into_iter().map(|(key, value)| condition(key, value)).collect();
    Conditions::new(list).ok_or_else(|| bad("invalid tags: at most 64 tags can be searched for at once"))
}

fn condition(key: String, value: String) -> Condition {
    match key.as_str() {
        "service.name" => Condition::Service(value),
        "name" => Condition::Name(value),
        "root.name" => Condition::RootName(value),
        "root.service.name" => Condition::RootService(value),
        "status.code" | "status" => match value.as_str() {
            "unset" => Condition::Status(SpanStatus::Unset as i32),
            "ok" => Condition::Status(SpanStatus::Ok as i32),
            "error" => Condition::Status(SpanStatus::Error as i32),
            _ => Condition::Never,
        },
        _ => Condition::Attribute { key, value },
    }
}

fn response(
    limits: &QueryLimits,
    found: &SearchResult,
    inspected_spans: u64,
    inspected_bytes: u64,
) -> SearchResponse {
    let jobs = u32::try_from(found.segments + 1).unwrap_or(u32::MAX);
    SearchResponse {
        traces: found.traces.iter().map(|trace| metadata(limits, trace)).collect(),
        metrics: Some(SearchMetrics {
            inspected_traces: u32::try_from(found.inspected_traces).unwrap_or(u32::MAX),
            inspected_bytes,
            total_blocks: u32::try_from(found.segments).unwrap_or(u32::MAX),
            completed_jobs: jobs,
            total_jobs: jobs,
            total_block_bytes: found.segment_bytes,
            inspected_spans,
        }),
    }
}

fn metadata(limits: &QueryLimits, found: &FoundTrace) -> TraceSearchMetadata {
    let trace = &found.summary;
    let id = trace.trace_id.to_string();
    let trace_id = if limits.pad_trace_ids { id.as_str() } else { id.trim_start_matches('0') };
    let root_service = if trace.root_service.is_empty() { NO_ROOT } else { &trace.root_service };
    let span_sets: Vec<SpanSet> = found.sets.iter().map(|set| span_set(found, set)).collect();
    TraceSearchMetadata {
        trace_id: trace_id.to_owned(),
        root_service_name: root_service.to_owned(),
        root_trace_name: trace.root_name.clone(),
        start_time_unix_nano: trace.start.cast_unsigned(),
        duration_ms: u32::try_from((trace.end - trace.start) / 1_000_000).unwrap_or(u32::MAX),
        span_set: span_sets.first().cloned(),
        span_sets,
        // As in the original, a search by tags tells nothing about services.
        service_stats: if found.sets.is_empty() { BTreeMap::new() } else { trace.services.clone() },
    }
}

fn span_set(found: &FoundTrace, set: &traceql::SpanSet) -> SpanSet {
    let span = |span: &traceql::FoundSpan| {
        let fact = found.summary.spans.get(span.span)?;
        Some(SearchSpan {
            span_id: fact.span_id.to_string(),
            name: span.name.clone().unwrap_or_default(),
            start_time_unix_nano: fact.start.cast_unsigned(),
            duration_nanos: (fact.end - fact.start).cast_unsigned(),
            attributes: attributes(&span.attributes),
        })
    };
    SpanSet {
        spans: set.spans.iter().filter_map(span).collect(),
        matched: u32::try_from(set.matched).unwrap_or(u32::MAX),
        attributes: attributes(&set.attributes),
    }
}
