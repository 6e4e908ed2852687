//! `classic_conditions`: the alert conditions of old dashboards. They give one truth without labels, whatever the number
//! of series behind it.

use serde_json::{Map, Value as Json};

use super::{Evaluator, ExpressionError, Result, error};
use crate::value::{Labels, Point, Value, Values, truth};

/// Conditions that are joined from left to right.
#[derive(Debug, Clone, PartialEq)]
pub struct Classic {
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq)]
struct Condition {
    input: String,
    reducer: ClassicReducer,
    evaluator: Evaluator,
    is_or: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClassicReducer {
    Average,
    Min,
    Max,
    Sum,
    Count,
    Last,
    Median,
    Difference,
    AbsoluteDifference,
    PercentDifference,
    AbsolutePercentDifference,
    CountNonNull,
}

/// Conditions of one expression.
const CONDITIONS_MAX: usize = 100;

impl Classic {
    pub(super) fn from_model(model: &Map<String, Json>) -> Result<Self> {
        let given = model.get("conditions").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        if given.is_empty() || given.len() > CONDITIONS_MAX {
            return error(format!("classic_conditions needs between 1 and {CONDITIONS_MAX} conditions"));
        }
        Ok(Self { conditions: given.iter().map(Condition::from_json).collect::<Result<_>>()? })
    }

    pub(super) fn inputs(&self) -> Vec<&str> {
        self.conditions.iter().map(|condition| condition.input.as_str()).collect()
    }

    pub(super) fn evaluate<'v>(&self, input: &dyn Fn(&str) -> &'v Values) -> Values {
        let mut joined: Option<Judgement> = None;
        for condition in &self.conditions {
            let next = condition.judge(input(&condition.input));
            joined = Some(match joined {
                None => next,
                Some(before) if condition.is_or => Judgement {
                    is_firing: before.is_firing || next.is_firing,
                    is_no_data: before.is_no_data || next.is_no_data,
                },
                Some(before) => Judgement {
                    is_firing: before.is_firing && next.is_firing,
                    is_no_data: before.is_no_data && next.is_no_data,
                },
            });
        }
        let value = joined.and_then(|joined| match joined {
            Judgement { is_firing: true, .. } => Some(truth(true)),
            Judgement { is_no_data: true, .. } => None,
            Judgement { .. } => Some(truth(false)),
        });
        vec![Value::number(Labels::new(), value)]
    }
}

#[derive(Clone, Copy)]
struct Judgement {
    is_firing: bool,
    is_no_data: bool,
}

impl Condition {
    fn from_json(json: &Json) -> Result<Self> {
        let input = json["query"]["params"].get(0).and_then(Json::as_str).unwrap_or_default();
        if input.is_empty() {
            return error("a condition names no query: query.params needs a refId");
        }
        let reducer = json["reducer"]["type"].as_str().unwrap_or_default();
        Ok(Self {
            input: input.to_owned(),
            reducer: ClassicReducer::parse(reducer).ok_or_else(|| {
                ExpressionError(format!("unknown reducer {reducer:?} of a classic condition"))
            })?,
            evaluator: Evaluator::from_json(&json["evaluator"])?,
            is_or: matches!(json["operator"]["type"].as_str(), Some("or" | "logic-or")),
        })
    }

    /// Any series decides.
    fn judge(&self, values: &Values) -> Judgement {
        let (mut is_firing, mut has_data) = (false, false);
        for value in values {
            let reduced = match value {
                Value::Series(series) => self.reducer.apply(&series.points),
                Value::Number(number) => number.value,
                Value::Scalar(value) => *value,
            };
            has_data |= reduced.is_some();
            is_firing |= self.holds(reduced);
        }
        is_firing |= values.is_empty() && self.holds(None);
        Judgement { is_firing, is_no_data: !has_data }
    }

    fn holds(&self, value: Option<f64>) -> bool {
        match value {
            Some(value) => self.evaluator.holds(value),
            None => self.evaluator == Evaluator::NoValue,
        }
    }
}

impl ClassicReducer {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "avg" => Self::Average,
            "min" => Self::Min,
            "max" => Self::Max,
            "sum" => Self::Sum,
            "count" => Self::Count,
            "last" => Self::Last,
            "median" => Self::Median,
            "diff" => Self::Difference,
            "diff_abs" => Self::AbsoluteDifference,
            "percent_diff" => Self::PercentDifference,
            "percent_diff_abs" => Self::AbsolutePercentDifference,
            "count_non_null" => Self::CountNonNull,
            _ => return None,
        })
    }

    /// Null and NaN are left out; of nothing else there is no value, except for counts of points.
    fn apply(self, points: &[Point]) -> Option<f64> {
        use super::Reducer;
        let there = || points.iter().filter_map(|point| point.value).filter(|value| !value.is_nan());
        let values: Vec<f64> = there().collect();
        match self {
            Self::Count => return (!points.is_empty()).then_some(points.len() as f64),
            _ if values.is_empty() => return None,
            Self::CountNonNull => return Some(values.len() as f64),
            _ => {}
        }
        let (first, last) = (*values.first()?, *values.last()?);
        Some(match self {
            Self::Average => Reducer::Mean.apply(values),
            Self::Min => Reducer::Min.apply(values),
            Self::Max => Reducer::Max.apply(values),
            Self::Sum => Reducer::Sum.apply(values),
            Self::Median => Reducer::Median.apply(values),
            Self::Difference => last - first,
            Self::AbsoluteDifference => (last - first).abs(),
            Self::PercentDifference => (last - first) / first.abs() * 100.0,
            Self::AbsolutePercentDifference => ((last - first) / first * 100.0).abs(),
            Self::Last | Self::Count | Self::CountNonNull => last,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::Series;

    fn condition(input: &str, reducer: &str, evaluator: &str, bound: f64, operator: &str) -> Json {
        json!({
            "query": { "params": [input] }, "reducer": { "type": reducer }, "operator": { "type": operator },
            "evaluator": { "type": evaluator, "params": [bound] }, "type": "query",
        })
    }

    fn series(values: &[f64]) -> Value {
        let points =
            values.iter().zip(0..).map(|(value, at_ms)| Point { at_ms, value: Some(*value) }).collect();
        Value::Series(Series { labels: Labels::new(), points })
    }

    fn judge(conditions: &Json) -> Option<f64> {
        let Json::Object(model) = json!({ "conditions": conditions }) else { unreachable!("an object") };
        let (some, empty) = (vec![series(&[1.0, 2.0, 6.0]), series(&[9.0])], Vec::new());
        let classic = Classic::from_model(&model).unwrap();
        let values = classic.evaluate(&|name| if name == "A" { &some } else { &empty });
        let [Value::Number(number)] = &values[..] else { unreachable!("{values:?}") };
        number.value
    }

    #[test]
    fn conditions_are_joined_from_left_to_right() {
        let yes = |operator| condition("A", "max", "gt", 5.0, operator);
        let no = |operator| condition("A", "max", "gt", 50.0, operator);
        let empty = |operator| condition("B", "max", "gt", 5.0, operator);
        for (conditions, expected) in [
            (json!([yes("and")]), Some(1.0)),
            (json!([no("and")]), Some(0.0)),
            (json!([yes("and"), no("and")]), Some(0.0)),
            (json!([yes("and"), no("or")]), Some(1.0)),
            (json!([no("and"), yes("logic-or"), no("and")]), Some(0.0)),
            (json!([empty("and")]), None),
            (json!([empty("and"), yes("or")]), Some(1.0)),
            (json!([empty("and"), no("or")]), None),
            (json!([condition("B", "last", "no_value", 0.0, "and")]), Some(1.0)),
            (json!([condition("A", "last", "no_value", 0.0, "and")]), Some(0.0)),
        ] {
            assert_eq!(judge(&conditions), expected, "{conditions}");
        }
    }

    #[test]
    fn reducers_count_what_they_should() {
        let points = [Some(2.0), None, Some(f64::NAN), Some(4.0), Some(3.0)];
        let points: Vec<Point> =
            points.into_iter().zip(0..).map(|(value, at_ms)| Point { at_ms, value }).collect();
        for (name, expected) in [
            ("avg", 3.0),
            ("min", 2.0),
            ("max", 4.0),
            ("sum", 9.0),
            ("count", 5.0),
            ("last", 3.0),
            ("median", 3.0),
            ("diff", 1.0),
            ("diff_abs", 1.0),
            ("percent_diff", 50.0),
            ("percent_diff_abs", 50.0),
            ("count_non_null", 3.0),
        ] {
            assert_eq!(ClassicReducer::parse(name).unwrap().apply(&points), Some(expected), "{name}");
        }
        assert_eq!(ClassicReducer::parse("p99"), None);
        assert_eq!(ClassicReducer::Average.apply(&[]), None);
    }
}
