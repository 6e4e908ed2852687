//! Why a query was not answered.

use std::time::Duration;

/// Why a query was not answered, in the classes that Prometheus' API knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is not a query: `bad_data`.
    #[error("invalid parameter \"query\": {0}")]
    Parse(String),
    /// The query means nothing over these series, or asks for what is not there: `execution`.
    #[error("{0}")]
    Execution(String),
    /// `timeout`
    #[error("query timed out in expression evaluation after {0:?}")]
    Timeout(Duration),
    /// `canceled`
    #[error("query was canceled in expression evaluation")]
    Cancelled,
    #[error(
        "query processing would load too many samples into memory in query execution: more than {0}; ask for a shorter range, longer steps or fewer series"
    )]
    TooManySamples(usize),
}

impl Error {
    pub(crate) fn execution(text: impl Into<String>) -> Self {
        Self::Execution(text.into())
    }
}
