//! Query parameters, with errors that name the parameter.

use std::time::Duration;

use axum::extract::{FromRequestParts, Query};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use model::{TimeRange, TimestampNanos};

use super::{ApiError, plain};

/// Recent data, when a request gives no time range.
pub(super) const DEFAULT_RANGE_SECS: i64 = 15 * 60;

/// The parameters of a request, in order.
#[derive(Debug, Default)]
pub(super) struct Params(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        match Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) {
            Ok(Query(pairs)) => Ok(Self(pairs)),
            Err(error) => Err(plain(StatusCode::BAD_REQUEST, error.to_string())),
        }
    }
}

pub(super) fn bad(text: impl Into<String>) -> ApiError {
    ApiError::BadRequest(text.into())
}

impl Params {
    /// The first value of a parameter; an empty one counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A number that fits 32 bits, as Tempo wants seconds and limits.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.parse::<u32>() {
            Ok(number) => Ok(Some(number)),
            Err(error) if *error.kind() == std::num::IntErrorKind::PosOverflow => Err(bad(format!(
                "invalid {name}: {text:?} is out of range; whole seconds or counts are wanted"
            ))),
            Err(_) => Err(bad(format!("invalid {name}: {text:?} is not a whole number"))),
        }
    }

    /// A duration such as `1.5s`.
    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, ApiError> {
        let parse =
            |text| runtime::parse_duration(text).map_err(|error| bad(format!("invalid {name}: {error}")));
        self.get(name).map(parse).transpose()
    }

    /// `start` and `end`, or `since`, or the recent past. Seconds, both included.
    pub(super) fn window(&self, longest: Option<Duration>) -> Result<(i64, i64), ApiError> {
        if let Some(since) = self.duration("since")? {
            let now = now_secs();
            return Ok((now.saturating_sub(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)), now));
        }
        self.bounded(self.number("start")?, self.number("end")?, longest)
    }

    /// The same for tags, where a missing time means any time and errors read differently.
    pub(super) fn tag_window(&self, longest: Option<Duration>) -> Result<Option<(i64, i64)>, ApiError> {
        let time = |name: &str| -> Result<Option<u32>, ApiError> {
            let parse = |text: &str| text.parse::<u32>();
            let unreadable =
                |_| bad(format!("could not parse '{name}' parameter: seconds since 1970 are wanted"));
            self.get(name).map(parse).transpose().map_err(unreadable)
        };
        if self.get("since").is_some() {
            return self.window(longest).map(Some);
        }
        match (time("start")?, time("end")?, longest) {
            (None, None, _) => Ok(None),
            (Some(start), Some(end), Some(longest)) if start > end => Err(bad(format!(
                "range specified by start and end exceeds {}h0m0s: start must be before end. received start={start} end={end}",
                longest.as_secs() / 3600
            ))),
            (start, end, longest) => self.bounded(start, end, longest).map(Some),
        }
    }

    fn bounded(
        &self,
        start: Option<u32>,
        end: Option<u32>,
        longest: Option<Duration>,
    ) -> Result<(i64, i64), ApiError> {
        let (start, end) = match (start, end) {
            (Some(start), Some(end)) => (i64::from(start), i64::from(end)),
            (None, None) => return Ok((now_secs() - DEFAULT_RANGE_SECS, now_secs())),
            (start, end) => {
                return Err(bad(format!(
                    "only one of start and end provided: http parameter start must be before end. received start={} end={}",
                    start.unwrap_or(0),
                    end.unwrap_or(0)
                )));
            }
        };
        if start >= end {
            return Err(bad(format!(
                "http parameter start must be before end. received start={start} end={end}"
            )));
        }
        if let Some(longest) = longest.filter(|longest| (end - start) as u64 > longest.as_secs()) {
            let hours = longest.as_secs() / 3600;
            return Err(bad(format!(
                "range specified by start and end exceeds {hours}h0m0s. received start={start} end={end}"
            )));
        }
        Ok((start, end))
    }
}

fn now_secs() -> i64 {
    TimestampNanos::now().0.div_euclid(1_000_000_000)
}

/// Whole seconds, both included, as a range of instants.
pub(super) fn range_of((start, end): (i64, i64)) -> TimeRange {
    TimeRange::new(TimestampNanos::from_secs(start), TimestampNanos::from_secs(end.saturating_add(1)))
}
