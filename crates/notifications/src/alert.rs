//! What a rule says of one series.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One alert as rules hand it over, again at every evaluation for as long as it lasts, and once more when it is over.
/// Its labels are its identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Includes `alertname`, `grafana_folder` and the labels of the series.
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    /// Milliseconds since the epoch.
    pub starts_at_ms: i64,
    /// In the past: resolved then. In the future: firing, and taken for resolved from then on unless it is said again.
    pub ends_at_ms: i64,
    /// Where the rule can be looked at.
    pub generator_url: String,
}

impl Alert {
    /// Whether it is over.
    #[must_use]
    pub fn is_resolved(&self, now_ms: i64) -> bool {
        self.ends_at_ms <= now_ms
    }
}
