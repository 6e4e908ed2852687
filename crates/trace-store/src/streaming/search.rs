//! `Search`: the most recent part of a long range first, then everything.

use hashbrown::HashMap;
use protocols::tempo::{SearchMetrics, SearchResponse, TraceSearchMetadata};
use tonic::Status;

use super::Answers;
use super::inner::{Inner, Query};
use super::messages::SearchRequest;
use super::pieces::pieces;

/// Ranges of this many seconds and more are searched in two goes.
const LONG: u32 = 3600;
/// The part of them that is searched first.
const RECENT_PART: u32 = 8;

pub(super) async fn run(
    inner: Inner,
    request: SearchRequest,
    answers: Answers<SearchResponse>,
) -> Result<(), Status> {
    let mut told: HashMap<String, TraceSearchMetadata, ahash::RandomState> = HashMap::default();
    let length = request.end.saturating_sub(request.start);
    if request.start > 0 && length >= LONG {
        let recent = SearchRequest { start: request.end - length / RECENT_PART, ..request.clone() };
        let found: SearchResponse = ask(&inner, &recent).await?;
        let progress =
            found.metrics.map(|metrics| SearchMetrics { completed_jobs: 1, total_jobs: 2, ..metrics });
        told.extend(found.traces.iter().map(|trace| (trace.trace_id.clone(), trace.clone())));
        send(&answers, found.traces, progress).await?;
    }
    let mut found: SearchResponse = ask(&inner, &request).await?;
    found.traces.retain(|trace| told.get(&trace.trace_id) != Some(trace));
    send(&answers, found.traces, found.metrics).await
}

async fn ask(inner: &Inner, request: &SearchRequest) -> Result<SearchResponse, Status> {
    let mut query = Query::default()
        .text("q", &request.query)
        .text("tags", &logfmt(request))
        .number("limit", request.limit)
        .number("start", request.start)
        .number("end", request.end)
        .number("spss", request.spans_per_span_set);
    for (name, millis) in [("minDuration", request.min_duration_ms), ("maxDuration", request.max_duration_ms)]
    {
        if millis > 0 {
            query = query.text(name, &format!("{millis}ms"));
        }
    }
    inner.message("/api/search", query).await
}

fn logfmt(request: &SearchRequest) -> String {
    let pair = |(key, value): (&String, &String)| format!("{key}={value:?}");
    request.tags.iter().map(pair).collect::<Vec<_>>().join(" ")
}

/// The last message carries the figures.
async fn send(
    answers: &Answers<SearchResponse>,
    traces: Vec<TraceSearchMetadata>,
    mut metrics: Option<SearchMetrics>,
) -> Result<(), Status> {
    let pieces = pieces(traces);
    let last = pieces.len() - 1;
    for (at, traces) in pieces.into_iter().enumerate() {
        let metrics = if at == last { metrics.take() } else { None };
        answers.send(SearchResponse { traces, metrics }).await?;
    }
    Ok(())
}
