//! Answers and errors in Prometheus' shape.

use std::fmt::Write as _;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use promql::{Error, Labels, SampleSeries, format_number};
use serde_json::Value as Json;

const JSON: &str = "application/json";

/// Why a request was not answered.
#[derive(Debug)]
pub(super) enum ApiError {
    BadData(String),
    Query(Error),
    Internal(String),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Query(error)
    }
}

pub(super) fn bad(text: impl Into<String>) -> ApiError {
    ApiError::BadData(text.into())
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, kind, text) = match self {
            Self::BadData(text) => (StatusCode::BAD_REQUEST, "bad_data", text),
            Self::Internal(text) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", text),
            Self::Query(error) => {
                let (status, kind) = match &error {
                    Error::Parse(_) => (StatusCode::BAD_REQUEST, "bad_data"),
                    Error::Execution(_) | Error::TooManySamples(_) => {
                        (StatusCode::UNPROCESSABLE_ENTITY, "execution")
                    }
                    Error::Timeout(_) => (StatusCode::SERVICE_UNAVAILABLE, "timeout"),
                    Error::Cancelled => (StatusCode::SERVICE_UNAVAILABLE, "canceled"),
                };
                (status, kind, error.to_string())
            }
        };
        let body = serde_json::json!({"status": "error", "errorType": kind, "error": text});
        (status, [(CONTENT_TYPE, JSON)], body.to_string()).into_response()
    }
}

/// `data` as the answer to a request.
pub(super) fn success(data: &str) -> Response {
    let body = format!(r#"{{"status":"success","data":{data}}}"#);
    ([(CONTENT_TYPE, JSON)], body).into_response()
}

pub(super) fn success_json(data: &Json) -> Response {
    success(&data.to_string())
}

/// `{"resultType":…,"result":…}`
pub(super) fn result(kind: &str, result: &str) -> Response {
    success(&format!(r#"{{"resultType":"{kind}","result":{result}}}"#))
}

/// `[1435781451.781,"1"]`; seconds with three digits if they are not whole.
pub(super) fn put_sample(out: &mut String, millis: i64, value: f64) {
    out.push('[');
    put_time(out, millis);
    out.push_str(",\"");
    out.push_str(&format_number(value));
    out.push_str("\"]");
}

pub(super) fn put_time(out: &mut String, millis: i64) {
    let sign = if millis < 0 { "-" } else { "" };
    let (seconds, rest) = (millis.unsigned_abs() / 1000, millis.unsigned_abs() % 1000);
    // Writing into a string cannot fail.
    let written = match rest {
        0 => write!(out, "{sign}{seconds}"),
        rest => write!(out, "{sign}{seconds}.{rest:03}"),
    };
    debug_assert!(written.is_ok());
}

pub(super) fn put_labels(out: &mut String, labels: &Labels) {
    out.push('{');
    for (at, (name, value)) in labels.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        put_text(out, name);
        out.push(':');
        put_text(out, value);
    }
    out.push('}');
}

fn put_text(out: &mut String, text: &str) {
    out.push_str(&Json::from(text).to_string());
}

/// A list, each element put by `put`.
pub(super) fn list<T>(items: &[T], mut put: impl FnMut(&mut String, &T)) -> String {
    let mut out = String::from("[");
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        put(&mut out, item);
    }
    out.push(']');
    out
}

/// `{"metric":{…},"values":[…]}`
pub(super) fn put_series(out: &mut String, series: &SampleSeries) {
    out.push_str("{\"metric\":");
    put_labels(out, &series.labels);
    out.push_str(",\"values\":[");
    for (at, (time, value)) in series.times.iter().zip(&series.values).enumerate() {
        if at > 0 {
            out.push(',');
        }
        put_sample(out, *time, *value);
    }
    out.push_str("]}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_have_prometheus_form() {
        for (millis, value, text) in [
            (1_435_781_451_781, 1.0, r#"[1435781451.781,"1"]"#),
            (1_000, f64::INFINITY, r#"[1,"+Inf"]"#),
            (5, 0.5, r#"[0.005,"0.5"]"#),
            (-1_500, -2.0, r#"[-1.500,"-2"]"#),
        ] {
            let mut out = String::new();
            put_sample(&mut out, millis, value);
            assert_eq!(out, text);
        }
    }
}
