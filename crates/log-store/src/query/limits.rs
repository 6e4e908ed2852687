//! Limits that a query meets before it is run.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use logql::{CompiledSelector, Expr, LogExpr, MetricExpr, Selector};
use model::{TenantId, TimeRange};
use segment::Engine;

use super::buckets::share;
use super::budget::QueryError;
use super::volume::{Amount, Tally, measure};
use crate::batch::Stream;
use crate::limits::{QueryKind, QueryLimits};
use crate::schema::LogSchema;

fn invalid<T>(message: String) -> Result<T, QueryError> {
    Err(QueryError::Invalid(message))
}

/// What a client says about where its query comes from.
pub(crate) fn query_tags(headers: &HeaderMap) -> &str {
    headers.get("x-query-tags").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whether a query may be run at all.
pub(crate) fn check_query(
    expr: &Expr,
    text: &str,
    tags: &str,
    limits: &QueryLimits,
) -> Result<(), QueryError> {
    let kind = match expr {
        Expr::Metric(_) => QueryKind::Metric,
        Expr::Log(log) if log.stages.is_empty() => QueryKind::Limited,
        Expr::Log(_) => QueryKind::Filter,
    };
    if limits.blocked.iter().any(|rule| rule.blocks(text, kind, tags)) {
        tracing::warn!(query = text, "a query was blocked by the configuration");
        return invalid("query blocked by policy".to_owned());
    }
    match expr {
        Expr::Log(log) => check_selector(&log.selector, limits),
        Expr::Metric(metric) => each_log(metric, &mut |log, range| {
            check_selector(&log.selector, limits)?;
            check_window(range, limits)
        }),
    }
}

/// Visits every place where lines are read, with the length of its window.
fn each_log(
    expr: &MetricExpr,
    visit: &mut dyn FnMut(&LogExpr, i64) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    match expr {
        MetricExpr::Range(range) => visit(&range.log, range.range),
        MetricExpr::Vector(vector) => each_log(&vector.inner, visit),
        MetricExpr::LabelReplace(replace) => each_log(&replace.inner, visit),
        MetricExpr::Binary(binary) => {
            each_log(&binary.left, visit)?;
            each_log(&binary.right, visit)
        }
        MetricExpr::VectorOf(_) | MetricExpr::Number(_) => Ok(()),
    }
}

fn check_selector(selector: &Selector, limits: &QueryLimits) -> Result<(), QueryError> {
    let (count, max) = (selector.matchers.len(), limits.max_matchers);
    if count > max {
        return invalid(format!(
            "max streams matchers per query exceeded, matchers-count > limit ({count} > {max})"
        ));
    }
    let present: Vec<&str> = selector.matchers.iter().map(|matcher| matcher.name.as_str()).collect();
    let missing: Vec<&str> =
        limits.required_labels.iter().map(String::as_str).filter(|name| !present.contains(name)).collect();
    if !missing.is_empty() {
        return invalid(format!(
            "stream selector is missing required matchers [{}], labels present in the query were [{}]",
            missing.join(", "),
            present.join(", ")
        ));
    }
    if count < limits.minimum_labels {
        return invalid(format!(
            "stream selector has less label matchers than required: (present: [{}], number_present: {count}, required_number_label_matchers: {})",
            present.join(", "),
            limits.minimum_labels
        ));
    }
    Ok(())
}

fn check_window(range: i64, limits: &QueryLimits) -> Result<(), QueryError> {
    let range = Duration::from_nanos(range.max(0).cast_unsigned());
    match limits.max_range {
        Some(max) if range > max => {
            invalid(format!("[interval] value exceeds limit: [{}] > [{}]", in_days(range), in_days(max)))
        }
        _ => Ok(()),
    }
}

/// Refuses a query that would read too much, going by what is known without reading.
pub(crate) async fn check_bytes_read(
    engine: &Arc<Engine<LogSchema>>,
    tenant: &TenantId,
    reads: &[(&CompiledSelector, TimeRange)],
    limits: &QueryLimits,
) -> Result<(), QueryError> {
    if limits.max_bytes_read == 0 {
        return Ok(());
    }
    let mut bytes = 0.0;
    for (selector, range) in reads {
        let mut total = Bytes { range: *range, bytes: 0.0 };
        measure(engine, tenant, *range, selector, &mut total).await?;
        bytes += total.bytes;
    }
    if bytes as u64 <= limits.max_bytes_read {
        return Ok(());
    }
    invalid(format!(
        "the query would read too many bytes (query: {}, limit: {}); consider adding more specific stream selectors or reduce the time range of the query",
        binary(bytes as u64),
        binary(limits.max_bytes_read)
    ))
}

struct Bytes {
    range: TimeRange,
    bytes: f64,
}

impl Tally for Bytes {
    fn add(&mut self, _stream: &Arc<Stream>, first: i64, last: i64, amount: Amount) {
        self.bytes += amount.bytes * share(first, last, self.range.start.0, self.range.end.0);
    }
}

/// As Prometheus writes durations: `30d1h`, without weeks.
pub(crate) fn in_days(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis == 0 {
        return "0s".to_owned();
    }
    let seconds = millis / 1000;
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (millis % 1000, "ms"),
    ];
    parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect()
}

/// As Go writes durations: `721h0m0s`, `1m30s`.
pub(super) fn in_hours(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

/// A size for people, in units of 1024: `1.5 MiB`, `79 KiB`.
fn binary(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, "B");
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, next);
    }
    if unit == "B" || value >= 10.0 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, limits: &QueryLimits) -> String {
        let expr = logql::parse_expr(text).unwrap();
        check_query(&expr, text, "", limits).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn selectors_and_windows_are_limited() {
        let limits = QueryLimits {
            max_range: Some(Duration::from_secs(3600)),
            max_matchers: 3,
            required_labels: vec!["env".to_owned()],
            minimum_labels: 2,
            ..QueryLimits::default()
        };
        for (text, message) in [
            (r#"{env="a", app="b"} |= "x""#, ""),
            (
                r#"{app="b", pod="c"}"#,
                "stream selector is missing required matchers [env], labels present in the query were [app, pod]",
            ),
            (
                r#"{env="a"}"#,
                "stream selector has less label matchers than required: (present: [env], number_present: 1, required_number_label_matchers: 2)",
            ),
            (
                r#"{env="a", b="", c="", d=""}"#,
                "max streams matchers per query exceeded, matchers-count > limit (4 > 3)",
            ),
            (r#"sum(rate({env="a", app="b"}[1h]))"#, ""),
            (r#"1 + sum(rate({env="a", app="b"}[1d2h]))"#, "[interval] value exceeds limit: [1d2h] > [1h]"),
            (
                r#"label_replace(rate({app="b"}[1m]), "a", "b", "c", "d")"#,
                "stream selector is missing required matchers [env], labels present in the query were [app]",
            ),
            ("vector(1) + vector(1)", ""),
        ] {
            assert_eq!(check(text, &limits), message, "{text}");
        }
    }

    #[test]
    fn blocked_queries_are_not_run() {
        let rule = |text| runtime::parse_yaml(text, "test").unwrap();
        let limits = QueryLimits { blocked: vec![rule("types: limited")], ..QueryLimits::default() };
        for (text, message) in [
            (r#"{a="b"}"#, "query blocked by policy"),
            (r#"{a="b"} |= "x""#, ""),
            (r#"rate({a="b"}[1m])"#, ""),
        ] {
            assert_eq!(check(text, &limits), message, "{text}");
        }
    }

    #[test]
    fn sizes_and_durations_are_for_people() {
        for (bytes, text) in [(12, "12 B"), (1536, "1.5 KiB"), (79 << 20, "79 MiB"), (150 << 30, "150 GiB")] {
            assert_eq!(binary(bytes), text);
        }
        for (millis, text) in [(0, "0s"), (1500, "1s500ms"), (721 * 3_600_000, "30d1h")] {
            assert_eq!(in_days(Duration::from_millis(millis)), text);
        }
        for (seconds, text) in [(45, "45s"), (90, "1m30s"), (721 * 3600, "721h0m0s")] {
            assert_eq!(in_hours(Duration::from_secs(seconds)), text);
        }
    }
}
