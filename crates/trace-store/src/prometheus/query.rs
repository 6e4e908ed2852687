//! `query`, `query_range` and `query_exemplars`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use axum::response::Response;
use promql::{Answer, Error, Labels, Limits, Query};

use super::Shared;
use super::answer::{ApiError, bad, list, put_labels, put_sample, put_series, put_time, result, success};
use super::params::{Params, now};
use crate::generator::history::Exemplar;
use crate::store::Store;

/// Most points of a series in one answer.
const MAX_POINTS: i64 = 11_000;
/// Samples read and values computed by one query: the JSON of so many takes about 100 MB.
const MAX_SAMPLES: usize = 5_000_000;
/// Longest time that a query may take, whatever the configuration allows others.
const MAX_TIMEOUT_SECS: u64 = 120;

/// Ends the work when the client has left.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(super) async fn instant(State(store): State<Arc<Store>>, params: Params) -> Result<Response, ApiError> {
    let at = params.time("time")?.unwrap_or_else(now);
    let query = parse(&params)?;
    let limits = limits(&store, &params)?;
    let answer = evaluate(&store, move |source, cancelled| {
        promql::instant(source, &query, at, &limits, cancelled).map(|answer| render(answer, at))
    });
    answer.await
}

pub(super) async fn range(State(store): State<Arc<Store>>, params: Params) -> Result<Response, ApiError> {
    let (start, end) = (params.needed_time("start")?, params.needed_time("end")?);
    if end < start {
        return Err(bad("invalid parameter \"end\": end timestamp must not be before start time"));
    }
    let step = params.duration("step")?.unwrap_or_default();
    let step = i64::try_from(step.as_millis()).ok().filter(|step| (1..=1 << 52).contains(step)).ok_or_else(|| {
        bad(
            "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer",
        )
    })?;
    if (end - start) / step > MAX_POINTS {
        return Err(bad(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ));
    }
    let query = parse(&params)?;
    if !query.has_steps() {
        return Err(bad(
            "invalid parameter \"query\": invalid expression type for range query, must be Scalar or instant Vector",
        ));
    }
    let limits = limits(&store, &params)?;
    let answer = evaluate(&store, move |source, cancelled| {
        let series = promql::range(source, &query, (start, end, step), &limits, cancelled)?;
        Ok(result("matrix", &list(&series, put_series)))
    });
    answer.await
}

fn parse(params: &Params) -> Result<Query, ApiError> {
    Ok(Query::parse(params.get("query").unwrap_or_default())?)
}

fn limits(store: &Store, params: &Params) -> Result<Limits, ApiError> {
    let timeout = store.query_limits.timeout;
    let mut limits = Limits { timeout, max_samples: MAX_SAMPLES, ..Limits::default() };
    if let Some(timeout) = params.duration("timeout")? {
        limits.timeout = limits.timeout.min(timeout);
    }
    limits.timeout = limits.timeout.min(std::time::Duration::from_secs(MAX_TIMEOUT_SECS));
    if let Some(lookback) = params.duration("lookback_delta")?.filter(|lookback| !lookback.is_zero()) {
        limits.lookback = lookback;
    }
    Ok(limits)
}

/// Runs `work` apart from the threads that serve connections, as one of the store's queries.
async fn evaluate(
    store: &Arc<Store>,
    work: impl FnOnce(&Shared, Arc<AtomicBool>) -> Result<Response, Error> + Send + 'static,
) -> Result<Response, ApiError> {
    store.metrics.queries.add(1);
    let cancelled = Arc::new(AtomicBool::new(false));
    let _cancel = CancelOnDrop(Arc::clone(&cancelled));
    let closed = |_| ApiError::Internal("the store is shutting down".to_owned());
    let slot = Arc::clone(&store.query_slots).acquire_owned().await.map_err(closed)?;
    let source = Shared(Arc::clone(&store.generator.history));
    let work = tokio::task::spawn_blocking(move || {
        let answer = work(&source, cancelled);
        drop(slot);
        answer
    });
    let answer = work.await.map_err(|error| {
        tracing::error!(%error, "a query of metrics ended abnormally");
        ApiError::Internal("the query ended abnormally".to_owned())
    })?;
    if answer.is_err() {
        store.metrics.query_errors.add(1);
    }
    Ok(answer?)
}

fn render(answer: Answer, at: i64) -> Response {
    match answer {
        Answer::Scalar(value) => {
            let mut out = String::new();
            put_sample(&mut out, at, value);
            result("scalar", &out)
        }
        Answer::Text(text) => {
            let mut out = String::from("[");
            put_time(&mut out, at);
            out.push(',');
            out.push_str(&serde_json::Value::from(text).to_string());
            out.push(']');
            result("string", &out)
        }
        Answer::Vector(found) => {
            let put = |out: &mut String, (labels, value): &(Labels, f64)| {
                out.push_str("{\"metric\":");
                put_labels(out, labels);
                out.push_str(",\"value\":");
                put_sample(out, at, *value);
                out.push('}');
            };
            result("vector", &list(&found, put))
        }
        Answer::Matrix(found) => result("matrix", &list(&found, put_series)),
    }
}

/// Traces that stand for the observations of a query's series.
pub(super) async fn exemplars(State(store): State<Arc<Store>>, params: Params) -> Result<Response, ApiError> {
    let (start, end) = (params.needed_time("start")?, params.needed_time("end")?);
    if end < start {
        return Err(bad("invalid parameter \"end\": end timestamp must not be before start timestamp"));
    }
    let selectors = promql::selectors(params.get("query").unwrap_or_default())?;
    let mut found = store.generator.history.read().exemplars_between(&selectors, start, end);
    found.sort_by(|a, b| a.series.cmp(&b.series).then(a.time.cmp(&b.time)));
    let groups: Vec<&[Exemplar]> = found.chunk_by(|a, b| a.series == b.series).collect();
    let put = |out: &mut String, group: &&[Exemplar]| {
        out.push_str("{\"seriesLabels\":");
        put_labels(out, &group[0].series);
        out.push_str(",\"exemplars\":");
        out.push_str(&list(group, put_exemplar));
        out.push('}');
    };
    Ok(success(&list(&groups, put)))
}

fn put_exemplar(out: &mut String, exemplar: &Exemplar) {
    out.push_str("{\"labels\":");
    put_labels(out, &Labels::new([(exemplar.label.as_ref(), exemplar.trace_id.as_str())]));
    out.push_str(",\"value\":\"");
    out.push_str(&promql::format_number(exemplar.value));
    out.push_str("\",\"timestamp\":");
    put_time(out, exemplar.time);
    out.push('}');
}
