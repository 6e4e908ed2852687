//! Limits of queries and tails.

use std::time::Duration;

use super::blocked::BlockedQuery;
use crate::config::LimitsConfig;

/// Checked limits of queries, with Loki's defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryLimits {
    /// Series of a metric query; 0 for any number.
    pub max_series: usize,
    /// Older lines are not shown.
    pub max_lookback: Option<Duration>,
    /// The longest `[5m]` of a range aggregation.
    pub max_range: Option<Duration>,
    /// Matchers of one selector.
    pub max_matchers: usize,
    /// Estimated bytes of lines that a query may read; 0 for any number.
    pub max_bytes_read: u64,
    /// Labels that each selector must ask about.
    pub required_labels: Vec<String>,
    /// How many labels each selector must ask about.
    pub minimum_labels: usize,
    pub blocked: Vec<BlockedQuery>,
    pub max_concurrent_tails: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            max_series: 500,
            max_lookback: None,
            max_range: None,
            max_matchers: 1000,
            max_bytes_read: 0,
            required_labels: Vec::new(),
            minimum_labels: 0,
            blocked: Vec::new(),
            max_concurrent_tails: 10,
        }
    }
}

impl QueryLimits {
    pub(crate) fn from_file(raw: &mut LimitsConfig) -> Self {
        let base = Self::default();
        let some = |duration: Option<runtime::HumanDuration>| {
            duration.map(|duration| duration.0).filter(|duration| !duration.is_zero())
        };
        Self {
            max_series: raw.max_query_series.unwrap_or(base.max_series),
            max_lookback: some(raw.max_query_lookback),
            max_range: some(raw.max_query_range),
            max_matchers: raw.max_streams_matchers_per_query.unwrap_or(base.max_matchers),
            max_bytes_read: raw.max_query_bytes_read.map_or(base.max_bytes_read, |size| size.0),
            required_labels: raw.required_labels.take().unwrap_or_default(),
            minimum_labels: raw.minimum_labels_number.unwrap_or_default(),
            blocked: raw.blocked_queries.take().unwrap_or_default(),
            max_concurrent_tails: raw.max_concurrent_tail_requests.unwrap_or(base.max_concurrent_tails),
        }
    }
}
