//! What a rule says of one series.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub type Labels = BTreeMap<String, String>;

/// One alert as rules hand it over, again at every evaluation for as long as it lasts, and once more when it is over.
/// Its labels are its identity.
///
/// Names that begin and end with two underscores are for us, not for people: the labels `__alert_rule_uid__` and
/// `__grafana_receiver__` (a contact point that the rule chose itself), the annotations `__dashboardUid__`, `__panelId__`,
/// `__values__` (a JSON object of numbers by query) and `__value_string__`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Includes `alertname`, `grafana_folder` and the labels of the series.
    pub labels: Labels,
    pub annotations: BTreeMap<String, String>,
    /// Milliseconds since the epoch.
    pub starts_at_ms: i64,
    /// In the past: resolved then. In the future: firing, and taken for resolved from then on unless it is said again.
    pub ends_at_ms: i64,
    /// Where the rule can be looked at.
    pub generator_url: String,
}

/// What stands for a set of labels: the same number that Prometheus' family gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub u64);

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Alert {
    /// Whether it is over.
    #[must_use]
    pub fn is_resolved(&self, now_ms: i64) -> bool {
        self.ends_at_ms <= now_ms
    }

    /// Stands for its labels.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.labels)
    }
}

/// FNV-1a over names and values in order, each followed by a byte that no text has.
#[must_use]
pub fn fingerprint(labels: &Labels) -> Fingerprint {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for (name, value) in labels {
        add(name.as_bytes());
        add(&[255]);
        add(value.as_bytes());
        add(&[255]);
    }
    Fingerprint(hash)
}

/// Whether a label or an annotation is for us, not for people.
#[must_use]
pub fn is_private(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_those_of_prometheus() {
        assert_eq!(fingerprint(&Labels::new()).to_string(), "cbf29ce484222325");
        let labels = |pairs: &[(&str, &str)]| -> Labels {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let one = fingerprint(&labels(&[("a", "b"), ("c", "d")]));
        assert_ne!(one, fingerprint(&labels(&[("a", "bc"), ("c", "d")])));
        assert_ne!(one, fingerprint(&labels(&[("a", "d"), ("c", "b")])));
        assert_eq!(one.to_string().len(), 16);
    }
}
