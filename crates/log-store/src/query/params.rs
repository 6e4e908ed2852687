//! Request parameters as Loki reads them: from the query string or a form.

use std::time::Duration;

use logql::Direction;
use model::{TimeRange, TimestampNanos};

use super::budget::QueryError;
use super::limits::{in_days, in_hours};
use crate::limits::Limits;

const DEFAULT_SINCE: Duration = Duration::from_secs(3600);
const DEFAULT_LIMIT: usize = 100;
const MAX_POINTS: i64 = 11_000;
const SECOND_NS: i64 = 1_000_000_000;

/// Decoded `name=value` pairs in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(pub Vec<(String, String)>);

/// What `query_range` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RangeParams {
    pub query: String,
    pub range: TimeRange,
    pub limit: usize,
    pub direction: Direction,
    /// Log queries: the least distance between two entries; zero takes all.
    pub interval: Duration,
    /// Metric queries: nanoseconds between two values.
    pub step: i64,
}

fn invalid<T>(message: String) -> Result<T, QueryError> {
    Err(QueryError::Invalid(message))
}

impl Params {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn all<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|(key, _)| names.contains(&key.as_str())).map(|(_, value)| value.as_str())
    }

    /// `start`, `end` and `since`.
    pub(crate) fn range(&self, now: TimestampNanos) -> Result<TimeRange, QueryError> {
        let end = self.time("end")?.unwrap_or(now);
        let start = match (self.time("start")?, self.get("since")) {
            (Some(start), _) => start,
            (None, Some(since)) => match runtime::parse_duration(since) {
                Ok(length) => end.min(now).saturating_sub(length),
                Err(_) => {
                    let why =
                        format!("could not parse 'since' parameter: not a valid duration string: {since:?}");
                    return invalid(why);
                }
            },
            (None, None) => end.min(now).saturating_sub(DEFAULT_SINCE),
        };
        if end < start {
            return invalid("end timestamp must not be before or equal to start time".to_owned());
        }
        Ok(TimeRange::new(start, end))
    }

    /// The same, not longer than `max_query_length`.
    pub(crate) fn limited_range(
        &self,
        now: TimestampNanos,
        limits: &Limits,
    ) -> Result<TimeRange, QueryError> {
        let mut range = self.range(now)?;
        range.start = within_lookback(range.start, range.end, now, limits)?;
        check_length(range, limits)?;
        Ok(range)
    }

    /// A range from `start` until now within the limits: where it really starts.
    pub(crate) fn limited_from(
        &self,
        start: TimestampNanos,
        now: TimestampNanos,
        limits: &Limits,
    ) -> Result<TimestampNanos, QueryError> {
        let start = within_lookback(start, now, now, limits)?;
        check_length(TimeRange::new(start, now), limits)?;
        Ok(start)
    }

    /// `regexp` of the API before `/loki/api/v1`, as a part of the query.
    pub(crate) fn with_legacy_filter(&self) -> Result<Self, QueryError> {
        let mut params = self.clone();
        let Some(regexp) = self.get("regexp") else { return Ok(params) };
        let quoted =
            serde_json::to_string(regexp).map_err(|error| QueryError::Internal(error.to_string()))?;
        if let Some((_, query)) = params.0.iter_mut().find(|(name, _)| name == "query") {
            query.push_str(&format!(" |~ {quoted}"));
        }
        Ok(params)
    }

    pub(crate) fn time(&self, name: &str) -> Result<Option<TimestampNanos>, QueryError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match parse_time(text) {
            Some(at) => Ok(Some(at)),
            None => invalid(format!(
                "could not parse '{name}' parameter: {text:?} is neither Unix seconds, Unix nanoseconds nor RFC 3339"
            )),
        }
    }

    /// The parameters of a range query for log lines.
    pub(crate) fn range_query(
        &self,
        now: TimestampNanos,
        limits: &Limits,
    ) -> Result<RangeParams, QueryError> {
        let range = self.limited_range(now, limits)?;
        let interval = match self.get("interval") {
            None => Duration::ZERO,
            Some(text) if text.starts_with('-') => return invalid("interval must be >= 0".to_owned()),
            Some(text) => duration("interval", text)?,
        };
        let step = self.step(range)?;
        Ok(RangeParams {
            query: self.query()?.to_owned(),
            range,
            limit: self.limit()?,
            direction: self.direction()?,
            interval,
            step,
        })
    }

    pub(crate) fn query(&self) -> Result<&str, QueryError> {
        match self.get("query") {
            Some(query) => Ok(query),
            None => invalid("parse error : syntax error: unexpected $end".to_owned()),
        }
    }

    pub(crate) fn limit(&self) -> Result<usize, QueryError> {
        self.positive("limit", DEFAULT_LIMIT)
    }

    /// A parameter that limits a number of things.
    pub(crate) fn positive(&self, name: &str, default: usize) -> Result<usize, QueryError> {
        let Some(text) = self.get(name) else { return Ok(default) };
        match text.parse::<i64>() {
            Err(_) => invalid(format!("limit is not a whole number: parsing {text:?}: invalid syntax")),
            Ok(..=0) => invalid("limit must be a positive value".to_owned()),
            Ok(limit) => match u32::try_from(limit) {
                Ok(limit) => Ok(limit as usize),
                Err(_) => invalid(format!("limit value {limit} is out of range [0, {}]", u32::MAX)),
            },
        }
    }

    pub(crate) fn direction(&self) -> Result<Direction, QueryError> {
        match self.get("direction") {
            None => Ok(Direction::Backward),
            Some(text) if text.eq_ignore_ascii_case("forward") => Ok(Direction::Forward),
            Some(text) if text.eq_ignore_ascii_case("backward") => Ok(Direction::Backward),
            Some(text) => invalid(format!("invalid direction '{text}'")),
        }
    }

    /// `time` of an instant query.
    pub(crate) fn instant(&self, now: TimestampNanos, limits: &Limits) -> Result<TimestampNanos, QueryError> {
        let at = self.time("time")?.unwrap_or(now);
        within_lookback(at, at, now, limits).map(|_| at)
    }

    /// `step`, or such that there are about 250 values.
    pub(crate) fn step(&self, range: TimeRange) -> Result<i64, QueryError> {
        let length = range.end.0.saturating_sub(range.start.0);
        let Some(text) = self.get("step") else {
            return Ok((length / (250 * SECOND_NS)).max(1) * SECOND_NS);
        };
        let seconds: f64 = match text.parse() {
            Ok(seconds) => seconds,
            Err(_) => duration("step", text)?.as_secs_f64(),
        };
        if seconds.is_nan() || seconds <= 0.0 {
            return invalid(
                "zero or negative query resolution step widths are not accepted. Try a positive integer"
                    .to_owned(),
            );
        }
        if seconds * 1e9 >= i64::MAX as f64 {
            return invalid(format!("cannot parse {text:?} to a valid duration. It overflows int64"));
        }
        let step = (seconds * 1e9) as i64;
        if length / step.max(1) > MAX_POINTS {
            return invalid("exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter".to_owned());
        }
        Ok(step.max(1))
    }
}

/// The start of a range without what is past `max_query_lookback`; an error when nothing is left.
fn within_lookback(
    start: TimestampNanos,
    end: TimestampNanos,
    now: TimestampNanos,
    limits: &Limits,
) -> Result<TimestampNanos, QueryError> {
    let Some(lookback) = limits.query.max_lookback else { return Ok(start) };
    let oldest = now.saturating_sub(lookback);
    if end < oldest {
        let lookback = in_hours(lookback);
        return invalid(format!(
            "this data is no longer available, it is past now - max_query_lookback ({lookback})"
        ));
    }
    Ok(start.max(oldest))
}

fn check_length(range: TimeRange, limits: &Limits) -> Result<(), QueryError> {
    let Some(max) = limits.max_query_length else { return Ok(()) };
    let length = Duration::from_nanos(range.end.0.saturating_sub(range.start.0).max(0).cast_unsigned());
    if length <= max {
        return Ok(());
    }
    let whole = length.as_secs();
    let length = format!("{}h{}m{}s", whole / 3600, whole / 60 % 60, whole % 60);
    let max = in_days(max);
    invalid(format!("the query time range exceeds the limit (query length: {length}, limit: {max})"))
}

fn duration(name: &str, text: &str) -> Result<Duration, QueryError> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..1e10).contains(seconds));
    match seconds.map(Duration::from_secs_f64).map_or_else(|| runtime::parse_duration(text), Ok) {
        Ok(duration) => Ok(duration),
        Err(_) => {
            invalid(format!("could not parse '{name}' parameter: cannot parse {text:?} to a valid duration"))
        }
    }
}

/// Float seconds with a point, integer seconds of up to ten characters, longer integer nanoseconds, or RFC 3339.
pub(crate) fn parse_time(text: &str) -> Option<TimestampNanos> {
    if text.contains('.')
        && let Ok(seconds) = text.parse::<f64>()
    {
        let millis = (seconds * 1000.0).round();
        // Beyond it nanoseconds do not fit 64 bits: in the year 2262.
        return (millis.abs() < 9.2e12).then(|| TimestampNanos(millis as i64 * 1_000_000));
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(if text.len() <= 10 {
            TimestampNanos::from_secs(number)
        } else {
            TimestampNanos(number)
        });
    }
    let timestamp: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(timestamp.as_nanosecond()).ok().map(TimestampNanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_four_spellings() {
        for (text, nanos) in [
            ("1700000000", Some(1_700_000_000_000_000_000)),
            ("1700000000123456789", Some(1_700_000_000_123_456_789)),
            ("1700000000.5", Some(1_700_000_000_500_000_000)),
            ("2023-11-14T22:13:20Z", Some(1_700_000_000_000_000_000)),
            ("2023-11-14T22:13:20.000000001Z", Some(1_700_000_000_000_000_001)),
            ("1700000000123", Some(1_700_000_000_123)),
            ("yesterday", None),
            ("1e300.5", None),
            ("-790003600000.5", None),
            ("9200000000.5", None),
            ("9999999999", Some(i64::MAX)),
        ] {
            assert_eq!(parse_time(text).map(|at| at.0), nanos, "{text}");
        }
    }

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn ranges_have_defaults() {
        let now = TimestampNanos::from_secs(10_000);
        for (pairs, expected) in [
            (&[][..], (6400, 10_000)),
            (&[("end", "9000")], (5400, 9000)),
            (&[("since", "10m")], (9400, 10_000)),
            (&[("start", "1"), ("end", "2"), ("since", "10m")], (1, 2)),
        ] {
            let range = params(pairs).range(now).unwrap();
            assert_eq!((range.start.0 / 1_000_000_000, range.end.0 / 1_000_000_000), expected, "{pairs:?}");
        }
    }

    #[test]
    fn bad_parameters_are_refused_in_lokis_words() {
        let now = TimestampNanos::from_secs(10_000);
        for (pairs, message) in [
            (&[("start", "x")][..], "could not parse 'start' parameter"),
            (&[("start", "5"), ("end", "4")], "end timestamp must not be before or equal to start time"),
            (&[("limit", "0")], "limit must be a positive value"),
            (&[("limit", "ten")], "invalid syntax"),
            (&[("limit", "99999999999")], "out of range"),
            (&[("since", "1800")], "could not parse 'since' parameter"),
            (&[("step", "1e20")], "overflows int64"),
            (&[("direction", "up")], "invalid direction 'up'"),
            (&[("step", "0")], "zero or negative query resolution"),
            (&[("step", "0.1")], "exceeded maximum resolution"),
            (&[("step", "x")], "cannot parse \"x\" to a valid duration"),
            (&[("interval", "-1s")], "interval must be >= 0"),
            (&[("start", "1"), ("end", "9999999999")], "the query time range exceeds the limit"),
        ] {
            let mut params = params(pairs);
            params.0.push(("query".to_owned(), "{a=\"b\"}".to_owned()));
            let error = params.range_query(now, &Limits::default()).unwrap_err().to_string();
            assert!(error.contains(message), "{pairs:?}: {error}");
        }
    }
}
