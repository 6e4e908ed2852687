//! `threshold`: 1 where a value is beyond a bound, else 0.
//!
//! With a second bound (hysteresis) a series that is beyond the first one stays so until it is beyond the second, so
//! that a value that wavers around one bound does not fire over and over.

use serde_json::{Map, Value as Json};

use super::{Evaluator, Result, error, input_of};
use crate::plan::Context;
use crate::value::{Values, truth};

/// A bound for every value of one node.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    pub input: String,
    pub evaluator: Evaluator,
    /// When a series that is beyond the bound no longer is.
    pub unload: Option<Evaluator>,
}

impl Threshold {
    pub(super) fn from_model(model: &Map<String, Json>) -> Result<Self> {
        let conditions = model.get("conditions").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let [condition] = conditions else {
            return error(format!("a threshold has exactly one condition, not {}", conditions.len()));
        };
        let evaluator = Evaluator::from_json(&condition["evaluator"])?;
        let unload = match &condition["unloadEvaluator"] {
            Json::Null => None,
            json => Some(Evaluator::from_json(json)?),
        };
        if [Some(evaluator), unload].contains(&Some(Evaluator::NoValue)) {
            return error("a threshold has no evaluator \"no_value\"");
        }
        Ok(Self { input: input_of(model)?, evaluator, unload })
    }

    /// Null stays null.
    pub(super) fn evaluate(&self, values: &Values, context: &Context<'_>) -> Values {
        let judged = values.iter().map(|value| {
            let unload = self.unload.filter(|_| (context.is_breached)(value.labels()));
            value.clone().map(|value| {
                value.map(|value| match unload {
                    Some(unload) => truth(!unload.holds(value)),
                    None => truth(self.evaluator.holds(value)),
                })
            })
        });
        judged.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::{Labels, Value};

    fn threshold(condition: &Json) -> Result<Threshold> {
        let Json::Object(model) = json!({ "expression": "A", "conditions": condition }) else {
            unreachable!("an object")
        };
        Threshold::from_model(&model)
    }

    #[test]
    fn values_become_true_or_false_and_hysteresis_remembers() {
        let labels = |name: &str| Labels::from([("name".to_owned(), name.to_owned())]);
        let condition = json!([{
            "evaluator": { "type": "gt", "params": [10] }, "unloadEvaluator": { "type": "lt", "params": [5] },
            "query": { "params": [] }, "operator": { "type": "and" }, "reducer": { "type": "last" },
        }]);
        let threshold = threshold(&condition).unwrap();
        let context = Context { is_breached: &|labels| labels["name"] == "firing", ..Context::default() };
        for (name, value, expected) in [
            ("calm", Some(11.0), Some(1.0)),
            ("calm", Some(7.0), Some(0.0)),
            ("firing", Some(7.0), Some(1.0)),
            ("firing", Some(4.0), Some(0.0)),
            ("firing", None, None),
            ("calm", Some(f64::NAN), Some(0.0)),
        ] {
            let judged = threshold.evaluate(&vec![Value::number(labels(name), value)], &context);
            assert_eq!(judged, [Value::number(labels(name), expected)], "{name} {value:?}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (conditions, words) in [
            (json!([]), "exactly one condition, not 0"),
            (json!([{ "evaluator": { "type": "gt", "params": ["x"] } }]), "needs a number"),
            (json!([{ "evaluator": { "type": "no_value" } }]), "no_value"),
        ] {
            assert!(threshold(&conditions).unwrap_err().to_string().contains(words), "{conditions}");
        }
    }
}
