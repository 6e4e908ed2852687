//! What one evaluation says about a rule: its condition, label set by label set.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::value::{Labels, Number, Value, Values};

/// Series that one rule may have.
const SERIES_MAX: usize = 10_000;
/// Other label sets of one node that are looked through for those that are part of a series' labels.
const PARTS_MAX: usize = 16;

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Series(Vec<Observation>),
    /// The condition gave nothing at all.
    NoData,
    Error(String),
}

/// One label set of the condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub labels: Labels,
    /// Zero is well, anything else is not, null is no data.
    pub value: Option<f64>,
    /// What the rule's nodes say about this label set.
    pub values: BTreeMap<String, Captured>,
}

/// A node's number, for templates and messages.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Captured {
    pub labels: Labels,
    /// Infinities and NaN do not survive JSON; null stands for them there.
    pub value: Option<f64>,
}

/// Reads the condition's node.
#[must_use]
pub fn outcome(results: &BTreeMap<String, Result<Values, String>>, condition: &str) -> Outcome {
    let values = match results.get(condition) {
        None => return Outcome::Error(format!("the condition {condition:?} does not exist")),
        Some(Err(reason)) => return Outcome::Error(reason.clone()),
        Some(Ok(values)) => values,
    };
    if values.is_empty() {
        return Outcome::NoData;
    }
    if values.len() > SERIES_MAX {
        return Outcome::Error(format!("the condition gives more than {SERIES_MAX} series"));
    }
    let known = known(results);
    let mut seen = HashSet::with_capacity(values.len());
    let mut observations = Vec::with_capacity(values.len());
    for value in values {
        let decided = match value {
            Value::Number(number) => number.value,
            Value::Scalar(value) => *value,
            Value::Series(_) => {
                return Outcome::Error(format!(
                    "the condition {condition} gives series over time: reduce them to one number each first"
                ));
            }
        };
        let labels = value.labels();
        if !seen.insert(labels) {
            return Outcome::Error(format!(
                "the condition {condition} gives the same labels twice: {labels:?}"
            ));
        }
        let values =
            known.iter().filter_map(|(ref_id, numbers)| Some(((*ref_id).to_owned(), numbers.of(labels)?)));
        observations.push(Observation { labels: labels.clone(), value: decided, values: values.collect() });
    }
    Outcome::Series(observations)
}

/// The numbers of one node by labels.
struct Known<'r> {
    all: Vec<Number>,
    by_labels: HashMap<&'r Labels, Option<f64>>,
}

fn known(results: &BTreeMap<String, Result<Values, String>>) -> BTreeMap<&str, Known<'_>> {
    let mut known = BTreeMap::new();
    for (ref_id, result) in results {
        let Ok(values) = result else { continue };
        let number = |value: &Value| match value {
            Value::Number(number) => Some(number.value),
            Value::Scalar(value) => Some(*value),
            Value::Series(_) => None,
        };
        let by_labels: HashMap<&Labels, Option<f64>> =
            values.iter().filter_map(|value| Some((value.labels(), number(value)?))).collect();
        let few = values.iter().take(if values.len() <= PARTS_MAX { PARTS_MAX } else { 0 });
        let all =
            few.filter_map(|value| Some(Number { labels: value.labels().clone(), value: number(value)? }));
        known.insert(ref_id.as_str(), Known { all: all.collect(), by_labels });
    }
    known
}

impl Known<'_> {
    /// The number of these labels, or of a part of them.
    fn of(&self, labels: &Labels) -> Option<Captured> {
        if let Some(value) = self.by_labels.get(labels) {
            return Some(Captured { labels: labels.clone(), value: *value });
        }
        let is_part =
            |number: &&Number| number.labels.iter().all(|(name, value)| labels.get(name) == Some(value));
        let part = self.all.iter().find(is_part)?;
        Some(Captured { labels: part.labels.clone(), value: part.value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Series;

    fn labels(service: &str) -> Labels {
        Labels::from([("service".to_owned(), service.to_owned())])
    }

    #[test]
    fn the_condition_is_read_series_by_series() {
        let number = |service: &str, value| Value::number(labels(service), Some(value));
        let results = BTreeMap::from([
            ("A".to_owned(), Ok(vec![Value::Series(Series::default())])),
            ("B".to_owned(), Ok(vec![number("x", 7.0), number("y", 1.0)])),
            ("C".to_owned(), Ok(vec![number("x", 1.0), number("y", 0.0)])),
            ("D".to_owned(), Ok(vec![Value::Scalar(Some(5.0))])),
            ("E".to_owned(), Err("down".to_owned())),
            ("F".to_owned(), Ok(Vec::new())),
            ("G".to_owned(), Ok(vec![number("x", 1.0), number("x", 0.0)])),
        ]);
        let Outcome::Series(found) = outcome(&results, "C") else { unreachable!("series") };
        assert_eq!((found.len(), &found[0].labels, found[0].value), (2, &labels("x"), Some(1.0)));
        assert_eq!(found[0].values["B"], Captured { labels: labels("x"), value: Some(7.0) });
        assert_eq!(found[1].values["D"], Captured { labels: Labels::new(), value: Some(5.0) });
        assert!(!found[0].values.contains_key("A"));
        assert_eq!(outcome(&results, "F"), Outcome::NoData);
        for (condition, words) in [
            ("E", "down"),
            ("A", "reduce them"),
            ("G", "the same labels twice"),
            ("X", "\"X\" does not exist"),
        ] {
            let Outcome::Error(error) = outcome(&results, condition) else { unreachable!("an error") };
            assert!(error.contains(words), "{condition}: {error}");
        }
    }
}
