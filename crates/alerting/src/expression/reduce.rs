//! `reduce`: a series becomes one number.

use serde_json::{Map, Value as Json};

use super::{ExpressionError, Result, error, input_of, text};
use crate::value::{Number, Point, Value, Values};

/// A reduction of every series of one node.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduce {
    pub input: String,
    pub reducer: Reducer,
    pub mode: Mode,
}

/// How many values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reducer {
    Last,
    Mean,
    Min,
    Max,
    Sum,
    Count,
    Median,
}

/// What happens to values that are no numbers: null, NaN and the infinities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mode {
    /// One of them makes the result NaN.
    Strict,
    /// They are left out; a series of nothing else has no value.
    Drop,
    /// They count as this number.
    Replace(f64),
}

impl Reduce {
    pub(super) fn from_model(model: &Map<String, Json>) -> Result<Self> {
        Ok(Self {
            input: input_of(model)?,
            reducer: Reducer::parse(text(model, "reducer").unwrap_or_default())?,
            mode: Mode::from_json(model.get("settings").unwrap_or(&Json::Null))?,
        })
    }

    pub(super) fn evaluate(&self, values: &Values) -> Values {
        values.iter().map(|value| self.one(value)).collect()
    }

    fn one(&self, value: &Value) -> Value {
        match value {
            Value::Series(series) => {
                Value::Number(Number { labels: series.labels.clone(), value: self.points(&series.points) })
            }
            // One number is its own reduction; the mode applies all the same.
            Value::Number(number) => Value::Number(Number {
                labels: number.labels.clone(),
                value: match self.mode {
                    Mode::Strict => number.value,
                    Mode::Drop => number.value.filter(|value| value.is_finite()),
                    Mode::Replace(instead) => Some(number.value.filter(|v| v.is_finite()).unwrap_or(instead)),
                },
            }),
            Value::Scalar(value) => Value::Scalar(*value),
        }
    }

    fn points(&self, points: &[Point]) -> Option<f64> {
        let is_number = |point: &&Point| point.value.is_some_and(f64::is_finite);
        match self.mode {
            Mode::Strict => match self.reducer {
                Reducer::Last => points.last().map_or(Some(f64::NAN), |point| point.value),
                Reducer::Count => Some(points.len() as f64),
                _ if points.iter().any(|point| !is_number(&point)) => Some(f64::NAN),
                reducer => Some(reducer.apply(points.iter().filter_map(|point| point.value).collect())),
            },
            Mode::Drop => {
                let values = points.iter().filter(is_number).filter_map(|point| point.value).collect();
                Some(self.reducer.apply(values)).filter(|value| !value.is_nan())
            }
            Mode::Replace(instead) => {
                let value = |point: &Point| point.value.filter(|value| value.is_finite()).unwrap_or(instead);
                Some(self.reducer.apply(points.iter().map(value).collect()))
            }
        }
    }
}

impl Reducer {
    pub(super) fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "last" => Self::Last,
            "mean" | "avg" => Self::Mean,
            "min" => Self::Min,
            "max" => Self::Max,
            "sum" => Self::Sum,
            "count" => Self::Count,
            "median" => Self::Median,
            other => {
                return error(format!(
                    "unknown reducer {other:?}: known are last, mean, min, max, sum, count and median"
                ));
            }
        })
    }

    /// Of nothing, the sum and the count are 0 and everything else is NaN.
    pub(super) fn apply(self, mut values: Vec<f64>) -> f64 {
        let sum = |values: &[f64]| values.iter().sum::<f64>();
        match self {
            Self::Sum => sum(&values),
            Self::Count => values.len() as f64,
            _ if values.is_empty() => f64::NAN,
            Self::Last => values.last().copied().unwrap_or(f64::NAN),
            Self::Mean => sum(&values) / values.len() as f64,
            Self::Min => values.into_iter().fold(f64::INFINITY, f64::min),
            Self::Max => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
            Self::Median => {
                values.sort_unstable_by(f64::total_cmp);
                let middle = values.len() / 2;
                if values.len().is_multiple_of(2) {
                    f64::midpoint(values[middle - 1], values[middle])
                } else {
                    values[middle]
                }
            }
        }
    }
}

impl Mode {
    fn from_json(settings: &Json) -> Result<Self> {
        match settings["mode"].as_str().unwrap_or_default() {
            "" | "strict" => Ok(Self::Strict),
            "dropNN" => Ok(Self::Drop),
            "replaceNN" => settings["replaceWithValue"].as_f64().map(Self::Replace).ok_or_else(|| {
                ExpressionError("the mode replaceNN needs the number replaceWithValue".to_owned())
            }),
            other => error(format!("unknown mode {other:?}: known are strict, dropNN and replaceNN")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::Series;

    fn reduce(reducer: &str, settings: &Json, values: &[Option<f64>]) -> Option<f64> {
        let Json::Object(model) = json!({ "expression": "$A", "reducer": reducer, "settings": settings })
        else {
            unreachable!("an object")
        };
        let points = values.iter().zip(0..).map(|(value, at_ms)| Point { at_ms, value: *value }).collect();
        let series = Value::Series(Series { labels: [("a".to_owned(), "b".to_owned())].into(), points });
        let reduced = Reduce::from_model(&model).unwrap().evaluate(&vec![series]);
        let [Value::Number(number)] = &reduced[..] else { unreachable!("{reduced:?}") };
        assert_eq!(number.labels["a"], "b");
        number.value
    }

    #[test]
    fn every_reducer_in_every_mode() {
        const NAN: f64 = f64::NAN;
        let good = [Some(4.0), Some(1.0), Some(3.0), Some(2.0)];
        let holes = [Some(4.0), None, Some(NAN), Some(2.0), Some(f64::INFINITY)];
        let strict = json!({});
        let drop = json!({ "mode": "dropNN" });
        let replace = json!({ "mode": "replaceNN", "replaceWithValue": 0 });
        for (reducer, clean, with_holes, dropped, replaced, empty, empty_dropped) in [
            ("last", 2.0, Some(f64::INFINITY), 2.0, 0.0, Some(NAN), None),
            ("mean", 2.5, Some(NAN), 3.0, 1.2, Some(NAN), None),
            ("min", 1.0, Some(NAN), 2.0, 0.0, Some(NAN), None),
            ("max", 4.0, Some(NAN), 4.0, 4.0, Some(NAN), None),
            ("sum", 10.0, Some(NAN), 6.0, 6.0, Some(0.0), Some(0.0)),
            ("count", 4.0, Some(5.0), 2.0, 5.0, Some(0.0), Some(0.0)),
            ("median", 2.5, Some(NAN), 3.0, 0.0, Some(NAN), None),
        ] {
            let same = |got: Option<f64>, wanted: Option<f64>| {
                got == wanted || got.is_some_and(f64::is_nan) && wanted.is_some_and(f64::is_nan)
            };
            assert!(same(reduce(reducer, &strict, &good), Some(clean)), "{reducer}");
            assert!(same(reduce(reducer, &strict, &holes), with_holes), "{reducer} strict");
            assert!(same(reduce(reducer, &drop, &holes), Some(dropped)), "{reducer} drop");
            assert!(same(reduce(reducer, &replace, &holes), Some(replaced)), "{reducer} replace");
            assert!(same(reduce(reducer, &strict, &[]), empty), "{reducer} empty");
            assert!(same(reduce(reducer, &drop, &[None]), empty_dropped), "{reducer} nothing left");
        }
        assert_eq!(reduce("last", &strict, &[Some(1.0), None]), None, "null stays null");
    }

    #[test]
    fn mistakes_are_named() {
        for (model, words) in [
            (json!({ "expression": "A", "reducer": "p99" }), "unknown reducer \"p99\""),
            (json!({ "reducer": "last" }), "expression is empty"),
            (json!({ "expression": "A", "reducer": "last", "settings": { "mode": "x" } }), "unknown mode"),
            (
                json!({ "expression": "A", "reducer": "last", "settings": { "mode": "replaceNN" } }),
                "replaceWithValue",
            ),
        ] {
            let Json::Object(map) = model.clone() else { unreachable!("an object") };
            assert!(Reduce::from_model(&map).unwrap_err().to_string().contains(words), "{model}");
        }
    }
}
