//! What can go wrong with a call, by what the caller can do about it.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

/// A call to another service that did not go well.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// No answer in time: whether the other side did the work is unknown.
    #[error("{target} did not answer in time")]
    Timeout { target: String },
    /// The service can't be reached, or the connection broke.
    #[error("{target} cannot be reached: {message}")]
    Unavailable { target: String, message: String },
    /// The service has been failing; the call was not made.
    #[error("calls to {target} are paused for {retry_after:?}")]
    CircuitOpen { target: String, retry_after: Duration },
    /// The service answered with an error.
    #[error("{target} answered {status} {code}: {message}")]
    Status { target: String, status: StatusCode, code: String, message: String, details: Box<Value> },
    /// The answer's body is not what we expect.
    #[error("{target} gave an answer we do not understand: {message}")]
    Decode { target: String, message: String },
}

impl ClientError {
    /// The service that was called.
    pub fn target(&self) -> &str {
        match self {
            Self::Timeout { target }
            | Self::Unavailable { target, .. }
            | Self::CircuitOpen { target, .. }
            | Self::Status { target, .. }
            | Self::Decode { target, .. } => target,
        }
    }

    /// The status and code of an answer.
    pub fn answer(&self) -> Option<(StatusCode, &str)> {
        match self {
            Self::Status { status, code, .. } => Some((*status, code)),
            _ => None,
        }
    }

    /// True when the service answered with this status.
    pub fn is_status(&self, wanted: StatusCode) -> bool {
        self.answer().is_some_and(|(status, _)| status == wanted)
    }

    /// True when the service did not do its job: such calls count against it and may be repeated.
    pub(crate) fn is_failure(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Unavailable { .. } => true,
            Self::Status { status, .. } => status.is_server_error(),
            Self::CircuitOpen { .. } | Self::Decode { .. } => false,
        }
    }

    /// `error.type` of the span.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Timeout { .. } => "timeout".to_owned(),
            Self::Unavailable { .. } => "unavailable".to_owned(),
            Self::CircuitOpen { .. } => "circuit_open".to_owned(),
            Self::Status { status, .. } => status.as_u16().to_string(),
            Self::Decode { .. } => "decode".to_owned(),
        }
    }
}
