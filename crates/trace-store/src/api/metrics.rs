//! `/api/metrics/query_range` and `/api/metrics/query`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;
use protocols::tempo::{
    Exemplar, InstantSeries, QueryInstantResponse, QueryRangeResponse, Sample, SearchMetrics, TimeSeries,
};
use traceql::{Metrics, Series, TimeAxis};

use super::answer::json;
use super::convert::attributes;
use super::params::{Params, bad};
use super::{ApiError, guarded};
use crate::query::QueryLimits;
use crate::query::metrics::metrics;
use crate::store::Store;

const SECOND: i64 = 1_000_000_000;
const MILLI: i64 = 1_000_000;
/// Without times, the last hour.
const DEFAULT_RANGE: i64 = 3600 * SECOND;

pub(super) fn routes() -> Router<Arc<Store>> {
    Router::new().route("/api/metrics/query_range", any(range)).route("/api/metrics/query", any(instant))
}

/// What both endpoints read.
struct Request {
    query: traceql::Expr,
    start: i64,
    end: i64,
    exemplars: usize,
    max_series: usize,
}

impl Request {
    fn new(params: &Params, limits: &QueryLimits, prefix: &str) -> Result<Self, ApiError> {
        let (start, end) = window(params)?;
        let text = params.get("q").or_else(|| params.get("query")).unwrap_or_default();
        let query = traceql::parse(text).map_err(|error| match error {
            parse @ traceql::Error::Parse { .. } => bad(format!("{prefix}{parse}")),
            invalid @ traceql::Error::Invalid(_) => bad(format!("compiling query: {invalid}")),
        })?;
        if end <= start {
            return Err(bad("end must be greater than start"));
        }
        if let Some(longest) =
            limits.max_metrics_range.filter(|longest| i128::from(end - start) > longest.as_nanos() as i128)
        {
            let hours = longest.as_secs() / 3600;
            return Err(bad(format!(
                "metrics query time range exceeds the maximum allowed duration of {hours}h0m0s"
            )));
        }
        let exemplars = match params.number("exemplars")? {
            None | Some(0) => limits.max_exemplars,
            Some(wanted) => (wanted as usize).min(limits.max_exemplars),
        };
        let max_series =
            params.number("maxSeries")?.filter(|most| *most > 0).map_or(usize::MAX, |most| most as usize);
        Ok(Self { query, start, end, exemplars, max_series })
    }

    fn compiled(&self, axis: TimeAxis) -> Result<Arc<Metrics>, ApiError> {
        if !matches!(self.query.body, traceql::Body::Metrics(_)) {
            return Err(bad("not a metrics query"));
        }
        let metrics = Metrics::new(&self.query, axis, self.exemplars);
        metrics.map(Arc::new).map_err(|error| bad(format!("compiling query: {error}")))
    }
}

/// Nanoseconds.
fn window(params: &Params) -> Result<(i64, i64), ApiError> {
    let now = model::TimestampNanos::now().0;
    if let Some(text) = params.get("since") {
        let since = runtime::parse_duration(text).map_err(|_| {
            unreadable(&format!("could not parse 'since' parameter: not a valid duration string: {text:?}"))
        })?;
        return Ok((now.saturating_sub(nanos(since)), now));
    }
    let time = |name: &str, otherwise: i64| match params.get(name) {
        None => Ok(otherwise),
        Some(text) => instant_of(text).ok_or_else(|| {
            let reason = format!("strconv.ParseInt: parsing {text:?}: invalid syntax");
            unreadable(&format!("could not parse '{name}' parameter: {reason}"))
        }),
    };
    Ok((time("start", now - DEFAULT_RANGE)?, time("end", now)?))
}

fn unreadable(text: &str) -> ApiError {
    bad(format!("rpc error: code = Code(400) desc = {text}"))
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Up to ten digits are seconds, more are nanoseconds; fractions of seconds and RFC 3339 are read, too.
fn instant_of(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        return if text.len() <= 10 { number.checked_mul(SECOND) } else { Some(number) };
    }
    if let Some(seconds) = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite()) {
        return Some((seconds * 1e9) as i64);
    }
    model::TimestampNanos::parse_rfc3339(text).map(|time| time.0)
}

/// The step that was asked for, or one that gives about 240 of them.
fn step(params: &Params, range: i64) -> Result<i64, ApiError> {
    let Some(text) = params.get("step") else { return Ok(default_step(range)) };
    if let Some(seconds) = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite()) {
        return Ok((seconds * 1e9) as i64);
    }
    traceql::parse_duration(text)
        .ok_or_else(|| unreadable(&format!("cannot parse {text:?} to a valid duration")))
}

fn default_step(range: i64) -> i64 {
    let wanted = range / 240;
    let fine = 50 * MILLI;
    if range < 60 * SECOND {
        return (wanted / fine * fine).max(fine);
    }
    let units = [3600 * SECOND, 300 * SECOND, 60 * SECOND, 15 * SECOND, 5 * SECOND, SECOND];
    let unit = units.into_iter().find(|unit| wanted >= *unit).unwrap_or(SECOND);
    (wanted / unit * unit).max(SECOND)
}

async fn range(State(store): State<Arc<Store>>, params: Params) -> Result<Response, ApiError> {
    let limits = &store.query_limits;
    let request = Request::new(&params, limits, "")?;
    let range = request.end - request.start;
    let step = step(&params, range)?;
    let least = range / i64::try_from(limits.max_intervals).unwrap_or(i64::MAX);
    if step <= 0 || range / step > i64::try_from(limits.max_intervals).unwrap_or(i64::MAX) {
        return Err(bad(format!(
            "step of {} is too small, minimum step for given range is {}",
            traceql::Static::Duration(step.max(0)),
            traceql::Static::Duration(least)
        )));
    }
    let axis = TimeAxis::range(request.start, request.end, step);
    let query = request.compiled(axis)?;
    let (series, metrics) = answered(&store, query).await?;
    let series: Vec<TimeSeries> = series.iter().map(|series| time_series(series, &axis)).collect();
    let (series, partial) = cut(series, request.max_series);
    let (status, message) = partial.map_or((0, String::new()), |message| (1, message));
    Ok(json(&QueryRangeResponse { series, metrics, status, message }))
}

async fn instant(State(store): State<Arc<Store>>, params: Params) -> Result<Response, ApiError> {
    let request = Request::new(&params, &store.query_limits, "compiling query: ")?;
    let query = request.compiled(TimeAxis::instant(request.start, request.end))?;
    let (series, metrics) = answered(&store, query).await?;
    let value = |series: &Series| InstantSeries {
        labels: attributes(&series.labels),
        value: series.values.first().copied().unwrap_or_default(),
    };
    let (series, partial) = cut(series.iter().map(value).collect(), request.max_series);
    let (status, message) = partial.map_or((0, String::new()), |message| (1, message));
    Ok(json(&QueryInstantResponse { series, metrics, status, message }))
}

async fn answered(
    store: &Arc<Store>,
    query: Arc<Metrics>,
) -> Result<(Vec<Series>, Option<SearchMetrics>), ApiError> {
    let found = guarded(store, async |guard| {
        let series = metrics(store, query, &guard).await?;
        Ok((series, guard.spans(), guard.bytes()))
    });
    let (series, inspected_spans, inspected_bytes) = found.await?;
    let metrics = SearchMetrics {
        inspected_spans,
        inspected_bytes,
        completed_jobs: 1,
        total_jobs: 1,
        ..Default::default()
    };
    Ok((series, Some(metrics)))
}

/// The first series, and what to say when there are more.
fn cut<T>(mut series: Vec<T>, most: usize) -> (Vec<T>, Option<String>) {
    let partial = (series.len() > most)
        .then(|| format!("Response exceeds maximum series limit of {most}, a partial response is returned"));
    series.truncate(most);
    (series, partial)
}

fn time_series(series: &Series, axis: &TimeAxis) -> TimeSeries {
    let points = series.values.iter().enumerate().filter(|(_, value)| !value.is_nan());
    TimeSeries {
        labels: attributes(&series.labels),
        samples: points
            .map(|(at, value)| Sample { timestamp_ms: axis.time(at).div_euclid(MILLI), value: *value })
            .collect(),
        exemplars: series
            .exemplars
            .iter()
            .map(|exemplar| Exemplar {
                labels: attributes(&exemplar.labels),
                value: exemplar.value,
                timestamp_ms: exemplar.time.div_euclid(MILLI),
            })
            .collect(),
    }
}
