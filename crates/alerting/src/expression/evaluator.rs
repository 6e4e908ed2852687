//! Comparisons with fixed numbers, as thresholds and classic conditions have them.

use serde_json::Value as Json;

use super::{ExpressionError, Result, error};

/// A comparison with its numbers; of two numbers, the smaller one comes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Evaluator {
    Above(f64),
    AtLeast(f64),
    Below(f64),
    AtMost(f64),
    Equal(f64),
    NotEqual(f64),
    Within(f64, f64),
    WithinIncluded(f64, f64),
    Outside(f64, f64),
    OutsideIncluded(f64, f64),
    /// True when there is no value; of classic conditions only.
    NoValue,
}

impl Evaluator {
    /// Reads `{"type": "gt", "params": [1]}`.
    pub fn from_json(json: &Json) -> Result<Self> {
        let kind = json["type"].as_str().unwrap_or_default();
        let parameter = |at: usize| {
            let given = json["params"].get(at).and_then(number);
            given.ok_or_else(|| {
                ExpressionError(format!("the evaluator {kind:?} needs {} in its params", wanted(kind)))
            })
        };
        let range = || -> Result<(f64, f64)> {
            let (a, b) = (parameter(0)?, parameter(1)?);
            Ok((a.min(b), a.max(b)))
        };
        Ok(match kind {
            "gt" => Self::Above(parameter(0)?),
            "gte" => Self::AtLeast(parameter(0)?),
            "lt" => Self::Below(parameter(0)?),
            "lte" => Self::AtMost(parameter(0)?),
            "eq" => Self::Equal(parameter(0)?),
            "ne" => Self::NotEqual(parameter(0)?),
            "within_range" => range().map(|(a, b)| Self::Within(a, b))?,
            "within_range_included" => range().map(|(a, b)| Self::WithinIncluded(a, b))?,
            "outside_range" => range().map(|(a, b)| Self::Outside(a, b))?,
            "outside_range_included" => range().map(|(a, b)| Self::OutsideIncluded(a, b))?,
            "no_value" => Self::NoValue,
            other => return error(format!("unknown evaluator {other:?}")),
        })
    }

    /// Whether the value is as it says. NaN is neither above nor below anything.
    #[must_use]
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::Above(bound) => value > bound,
            Self::AtLeast(bound) => value >= bound,
            Self::Below(bound) => value < bound,
            Self::AtMost(bound) => value <= bound,
            Self::Equal(wanted) => value == wanted,
            Self::NotEqual(unwanted) => value != unwanted,
            Self::Within(low, high) => value > low && value < high,
            Self::WithinIncluded(low, high) => value >= low && value <= high,
            Self::Outside(low, high) => value < low || value > high,
            Self::OutsideIncluded(low, high) => value <= low || value >= high,
            Self::NoValue => false,
        }
    }
}

fn wanted(kind: &str) -> &'static str {
    if kind.contains("range") { "two numbers" } else { "a number" }
}

/// A number, also where it is written as text.
fn number(json: &Json) -> Option<f64> {
    json.as_f64().or_else(|| json.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn comparisons_hold_where_they_should() {
        for (kind, params, inside, outside) in [
            ("gt", json!([1]), vec![1.5, f64::INFINITY], vec![1.0, f64::NAN]),
            ("gte", json!(["1"]), vec![1.0], vec![0.9]),
            ("lt", json!([1]), vec![0.5], vec![1.0, f64::NAN]),
            ("lte", json!([1]), vec![1.0], vec![1.1]),
            ("eq", json!([1]), vec![1.0], vec![2.0, f64::NAN]),
            ("ne", json!([1]), vec![2.0, f64::NAN], vec![1.0]),
            ("within_range", json!([5, 1]), vec![3.0], vec![1.0, 5.0, 6.0]),
            ("within_range_included", json!([1, 5]), vec![1.0, 5.0], vec![0.9]),
            ("outside_range", json!([1, 5]), vec![0.5, 6.0], vec![1.0, 3.0, 5.0]),
            ("outside_range_included", json!([1, 5]), vec![1.0, 5.0], vec![3.0]),
        ] {
            let evaluator = Evaluator::from_json(&json!({ "type": kind, "params": params })).unwrap();
            for value in inside {
                assert!(evaluator.holds(value), "{kind} {value}");
            }
            for value in outside {
                assert!(!evaluator.holds(value), "{kind} {value}");
            }
        }
        for (json, words) in [
            (json!({ "type": "gt", "params": [] }), "a number"),
            (json!({ "type": "within_range", "params": [1] }), "two numbers"),
            (json!({ "type": "near" }), "unknown evaluator \"near\""),
        ] {
            assert!(Evaluator::from_json(&json).unwrap_err().to_string().contains(words), "{json}");
        }
    }
}
