//! Parameters of a request, from its address or a form in its body.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use model::TimestampNanos;
use promql::Selector;

use super::answer::{ApiError, bad};
use crate::api::plain;

/// `match[]` parameters of one request.
const MAX_SELECTORS: usize = 32;
/// Far away and still safe to calculate with.
const MIN_TIME: i64 = -(1 << 52);
const MAX_TIME: i64 = 1 << 52;

#[derive(Debug)]
pub(super) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if request.method() != Method::GET && request.method() != Method::POST {
            return Err(plain(StatusCode::METHOD_NOT_ALLOWED, "GET or POST\n"));
        }
        let parse = |bytes: &[u8]| url::form_urlencoded::parse(bytes).into_owned().collect::<Vec<_>>();
        let mut pairs = parse(request.uri().query().unwrap_or_default().as_bytes());
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_form = content_type.is_some_and(|text| text.starts_with("application/x-www-form-urlencoded"));
        if request.method() == Method::POST && is_form {
            let body = Bytes::from_request(request, state)
                .await
                .map_err(axum::response::IntoResponse::into_response)?;
            // The form comes first, as in Go.
            let mut form = parse(&body);
            form.append(&mut pairs);
            pairs = form;
        }
        if pairs.len() > 256 {
            return Err(bad("too many parameters").into_response());
        }
        Ok(Self(pairs))
    }
}

impl Params {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A time in milliseconds: seconds with fractions, or RFC 3339.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let parse = |text: &str| {
            parse_time(text).ok_or_else(|| {
                bad(format!("invalid parameter {name:?}: cannot parse {text:?} to a valid timestamp"))
            })
        };
        self.get(name).map(parse).transpose()
    }

    pub(super) fn needed_time(&self, name: &str) -> Result<i64, ApiError> {
        let missing = || bad(format!("invalid parameter {name:?}: cannot parse \"\" to a valid timestamp"));
        self.time(name)?.ok_or_else(missing)
    }

    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, ApiError> {
        let parse = |text: &str| {
            let seconds =
                text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            seconds.or_else(|| runtime::parse_duration(text).ok()).ok_or_else(|| {
                bad(format!("invalid parameter {name:?}: cannot parse {text:?} to a valid duration"))
            })
        };
        self.get(name).map(parse).transpose()
    }

    /// `start` and `end`, all times without them.
    pub(super) fn window(&self) -> Result<(i64, i64), ApiError> {
        let (start, end) = (self.time("start")?.unwrap_or(MIN_TIME), self.time("end")?.unwrap_or(MAX_TIME));
        if end < start {
            return Err(bad("invalid parameter \"end\": end timestamp must not be before start timestamp"));
        }
        Ok((start, end))
    }

    pub(super) fn selectors(&self) -> Result<Vec<Selector>, ApiError> {
        let texts: Vec<&str> =
            self.0.iter().filter(|(key, _)| key == "match[]").map(|(_, value)| value.as_str()).collect();
        if texts.len() > MAX_SELECTORS {
            return Err(bad(format!("more than {MAX_SELECTORS} match[] parameters")));
        }
        let parse = |text: &str| {
            promql::series_selector(text).map_err(|error| {
                let text = error.to_string();
                let reason = text.strip_prefix("invalid parameter \"query\": ").unwrap_or(&text);
                bad(format!("invalid parameter \"match[]\": {reason}"))
            })
        };
        texts.into_iter().map(parse).collect()
    }

    /// How many elements an answer may have; all without one.
    pub(super) fn limit(&self) -> Result<usize, ApiError> {
        let Some(text) = self.get("limit") else { return Ok(usize::MAX) };
        match text.parse::<usize>() {
            Ok(0) => Ok(usize::MAX),
            Ok(limit) => Ok(limit),
            Err(_) => Err(bad("invalid parameter \"limit\": limit must be a number that is not negative")),
        }
    }
}

pub(super) fn now() -> i64 {
    TimestampNanos::now().0.div_euclid(1_000_000)
}

fn parse_time(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        let millis = (seconds * 1000.0).round();
        return (MIN_TIME as f64..=MAX_TIME as f64).contains(&millis).then_some(millis as i64);
    }
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, millis) in [
            ("1435781451.781", Some(1_435_781_451_781)),
            ("2015-07-01T20:10:51.781Z", Some(1_435_781_451_781)),
            ("2015-07-01T22:10:51+02:00", Some(1_435_781_451_000)),
            ("1e9", Some(1_000_000_000_000)),
            ("-1", Some(-1000)),
            ("1e300", None),
            ("NaN", None),
            ("now", None),
        ] {
            assert_eq!(parse_time(text), millis, "{text}");
        }
    }
}
