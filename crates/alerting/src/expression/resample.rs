//! `resample`: a series on a grid of times, so that series of different steps can be joined.

use serde_json::{Map, Value as Json};

use super::{ExpressionError, Reducer, Result, error, input_of, required, text};
use crate::duration::parse_duration;
use crate::plan::Context;
use crate::value::{Point, Series, Value, Values};

/// Points of one series of the grid.
const POINTS_MAX: i64 = 50_000;

/// A new grid for every series of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resample {
    pub input: String,
    pub window_ms: u64,
    pub downsampler: Reducer,
    pub upsampler: Upsampler,
}

/// What stands where the series has nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upsampler {
    /// The last known value.
    Pad,
    /// The next value.
    Backfill,
    /// Nothing.
    Null,
}

impl Resample {
    pub(super) fn from_model(model: &Map<String, Json>) -> Result<Self> {
        let window = required(model, "window")?;
        let window_ms = parse_duration(window)
            .filter(|window| *window > 0)
            .ok_or_else(|| ExpressionError(format!("window {window:?} is no duration such as 10s")))?;
        let downsampler = text(model, "downsampler").unwrap_or_default();
        Ok(Self {
            input: input_of(model)?,
            window_ms,
            downsampler: match Reducer::parse(downsampler) {
                Ok(Reducer::Count | Reducer::Median) | Err(_) => {
                    return error(format!(
                        "unknown downsampler {downsampler:?}: known are mean, min, max, sum and last"
                    ));
                }
                Ok(reducer) => reducer,
            },
            upsampler: match text(model, "upsampler").unwrap_or_default() {
                "pad" => Upsampler::Pad,
                "backfilling" => Upsampler::Backfill,
                "fillna" => Upsampler::Null,
                other => {
                    return error(format!(
                        "unknown upsampler {other:?}: known are pad, backfilling and fillna"
                    ));
                }
            },
        })
    }

    pub(super) fn evaluate(&self, values: &Values, context: &Context<'_>) -> Result<Values> {
        let resampled = values.iter().map(|value| match value {
            Value::Series(series) => self.series(series, context).map(Value::Series),
            _ => error("only series can be resampled, not single numbers"),
        });
        resampled.collect()
    }

    fn series(&self, series: &Series, context: &Context<'_>) -> Result<Series> {
        let bounds = (series.points.first(), series.points.last());
        let (from, to) = match (context.range_ms, bounds) {
            (Some((from, to)), _) if from < to => (from, to),
            (_, (Some(first), Some(last))) => (first.at_ms, last.at_ms),
            _ => return Ok(series.clone()),
        };
        let window = i64::try_from(self.window_ms).unwrap_or(i64::MAX);
        if (to - from) / window >= POINTS_MAX {
            return error(format!(
                "the window is so small that a series would get more than {POINTS_MAX} points"
            ));
        }
        let mut points = Vec::with_capacity(((to - from) / window + 1) as usize);
        let (mut rest, mut known) = (&series.points[..], None);
        let mut at_ms = from;
        while at_ms <= to {
            let until = rest.partition_point(|point| point.at_ms <= at_ms);
            let (taken, behind) = rest.split_at(until);
            rest = behind;
            let value = if let Some(last) = taken.last() {
                known = last.value;
                // A hole among them is left out; nothing but holes is one.
                let there: Vec<f64> = taken.iter().filter_map(|point| point.value).collect();
                (!there.is_empty()).then(|| self.downsampler.apply(there))
            } else {
                match self.upsampler {
                    Upsampler::Pad => known,
                    Upsampler::Backfill => rest.first().and_then(|next| next.value),
                    Upsampler::Null => None,
                }
            };
            points.push(Point { at_ms, value });
            at_ms += window;
        }
        Ok(Series { labels: series.labels.clone(), points })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resample(downsampler: &str, upsampler: &str, range: Option<(i64, i64)>) -> Vec<(i64, Option<f64>)> {
        let Json::Object(model) = json!({
            "expression": "A", "window": "10s", "downsampler": downsampler, "upsampler": upsampler,
        }) else {
            unreachable!("an object")
        };
        let points = [(0, 1.0), (14_000, 2.0), (18_000, 4.0), (41_000, 5.0)];
        let points = points.map(|(at_ms, value)| Point { at_ms, value: Some(value) }).to_vec();
        let series = Value::Series(Series { labels: crate::Labels::new(), points });
        let context = Context { range_ms: range, ..Context::default() };
        let done = Resample::from_model(&model).unwrap().evaluate(&vec![series], &context).unwrap();
        let [Value::Series(series)] = &done[..] else { unreachable!("{done:?}") };
        series.points.iter().map(|point| (point.at_ms / 1000, point.value)).collect()
    }

    #[test]
    fn series_get_the_grid() {
        let range = Some((0, 50_000));
        let grid =
            |values: [Option<f64>; 6]| (0..).step_by(10).zip(values).collect::<Vec<(i64, Option<f64>)>>();
        let some = Some::<f64>;
        assert_eq!(
            resample("mean", "pad", range),
            grid([some(1.0), some(1.0), some(3.0), some(4.0), some(4.0), some(5.0)])
        );
        assert_eq!(
            resample("sum", "backfilling", range),
            grid([some(1.0), some(2.0), some(6.0), some(5.0), some(5.0), some(5.0)])
        );
        assert_eq!(
            resample("last", "fillna", range),
            grid([some(1.0), None, some(4.0), None, None, some(5.0)])
        );
        assert_eq!(resample("max", "pad", None).len(), 5, "the series' own bounds");
    }

    #[test]
    fn mistakes_are_named() {
        let model = json!({ "expression": "A", "window": "10s", "downsampler": "mean", "upsampler": "pad" });
        for (key, value, words) in [
            ("window", "0", "no duration"),
            ("window", "", "window is empty"),
            ("downsampler", "median", "unknown downsampler"),
            ("upsampler", "guess", "unknown upsampler"),
        ] {
            let Json::Object(mut map) = model.clone() else { unreachable!("an object") };
            map.insert(key.to_owned(), json!(value));
            assert!(Resample::from_model(&map).unwrap_err().to_string().contains(words), "{key} {value}");
        }
        let Json::Object(map) = model else { unreachable!("an object") };
        let number = vec![Value::Scalar(Some(1.0))];
        let refused = Resample::from_model(&map).unwrap().evaluate(&number, &Context::default());
        assert!(refused.unwrap_err().to_string().contains("only series"));
    }
}
