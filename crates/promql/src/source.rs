//! Where series come from.

use promql_parser::label::{Matcher, Matchers};
use promql_parser::parser::VectorSelector;

use crate::{Budget, Error, Labels, METRIC_NAME};

/// The NaN that ends a series.
const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// Whether a sample says that its series has ended.
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_BITS
}

/// Samples of one series, by time in milliseconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SampleSeries {
    pub labels: Labels,
    pub times: Vec<i64>,
    pub values: Vec<f64>,
}

/// Which series a selector means.
#[derive(Debug, Clone)]
pub struct Selector {
    name: Option<String>,
    /// A series has to meet all matchers of one of these lists.
    alternatives: Vec<Vec<Matcher>>,
}

impl Selector {
    pub(crate) fn new(selector: &VectorSelector) -> Self {
        let Matchers { matchers, or_matchers } = &selector.matchers;
        let alternatives = match or_matchers.is_empty() {
            true => vec![matchers.clone()],
            false => or_matchers.clone(),
        };
        Self { name: selector.name.clone(), alternatives }
    }

    /// The name that every series must have, if the selector says one.
    pub fn metric_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        if self.name.as_ref().is_some_and(|name| name != labels.get(METRIC_NAME)) {
            return false;
        }
        self.alternatives
            .iter()
            .any(|matchers| matchers.iter().all(|matcher| matcher.is_match(labels.get(&matcher.name))))
    }
}

/// Something that holds series.
pub trait Source {
    /// The series that `selector` means, sorted by their labels, with their samples from `from` to `to`, both included,
    /// markers of staleness too. Series without a sample there may be left out. Samples are paid for from `budget`.
    fn select(
        &self,
        selector: &Selector,
        from: i64,
        to: i64,
        budget: &mut Budget,
    ) -> Result<Vec<SampleSeries>, Error>;
}
