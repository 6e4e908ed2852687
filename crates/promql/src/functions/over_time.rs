//! Functions over ranges of samples.

use super::Context;
use super::moments::{Mean, Spread, Sum, quantile};
use super::rate::{Kind, extrapolated, last_two};
use super::regression::{check_factor, line, smoothed};
use crate::eval::{Value, Window, merged};
use crate::{Error, Labels};

/// The answer, if `name` is a function over a range.
pub(super) fn call(context: &mut Context<'_, '_>, name: &str) -> Result<Option<Value>, Error> {
    if let Some(calculate) = simple(name) {
        return range(context, 0, name, |_, window| calculate(window)).map(Some);
    }
    let dialect = context.evaluator.dialect();
    let extrapolate = |kind| move |_: usize, window: Window<'_>| extrapolated(&window, kind, dialect);
    match name {
        "rate" => range(context, 0, name, extrapolate(Kind::Rate)),
        "increase" => range(context, 0, name, extrapolate(Kind::Increase)),
        "delta" => range(context, 0, name, extrapolate(Kind::Delta)),
        "quantile_over_time" => {
            let q = context.scalar(0)?;
            range(context, 1, name, |step, window| Some(quantile(q[step], &mut window.values.to_vec())))
        }
        "predict_linear" => {
            let ahead = context.scalar(1)?;
            range(context, 0, name, |step, window| {
                line(&window, window.now).map(|(slope, now)| slope * ahead[step] + now)
            })
        }
        "double_exponential_smoothing" => {
            let (smoothing, trend) = (context.scalar(1)?, context.scalar(2)?);
            smoothing.iter().try_for_each(|factor| check_factor("smoothing", *factor))?;
            trend.iter().try_for_each(|factor| check_factor("trend", *factor))?;
            range(context, 0, name, |step, window| smoothed(&window, smoothing[step], trend[step]))
        }
        _ => return Ok(None),
    }
    .map(Some)
}

fn range(
    context: &mut Context<'_, '_>,
    arg: usize,
    name: &str,
    calculate: impl Fn(usize, Window<'_>) -> Option<f64>,
) -> Result<Value, Error> {
    let keeps_name = matches!(name, "last_over_time" | "first_over_time");
    let labels = |labels: &Labels| if keeps_name { labels.clone() } else { labels.without_name() };
    let windows = context.windows(arg)?;
    merged(windows.map(context.evaluator, labels, calculate)?).map(Value::Vector)
}

/// Functions whose only argument is the range.
fn simple(name: &str) -> Option<fn(Window<'_>) -> Option<f64>> {
    Some(match name {
        "irate" => |window| last_two(&window, true),
        "idelta" => |window| last_two(&window, false),
        "deriv" => |window| line(&window, window.times[0]).map(|(slope, _)| slope),
        "resets" => |window| Some(pairs(window.values, |before, now| now < before)),
        "changes" => |window| {
            Some(pairs(window.values, |before, now| now != before && !(now.is_nan() && before.is_nan())))
        },
        "sum_over_time" => |window| Some(window.values.iter().copied().collect::<Sum>().value()),
        "avg_over_time" => |window| Some(window.values.iter().copied().collect::<Mean>().value()),
        "count_over_time" => |window| Some(window.values.len() as f64),
        "present_over_time" => |_| Some(1.0),
        "min_over_time" => |window| extreme(window, |value, known| value < known).map(|(_, value)| value),
        "max_over_time" => |window| extreme(window, |value, known| value > known).map(|(_, value)| value),
        "last_over_time" => |window| window.values.last().copied(),
        "first_over_time" => |window| window.values.first().copied(),
        "stddev_over_time" => {
            |window| Some(window.values.iter().copied().collect::<Spread>().variance().sqrt())
        }
        "stdvar_over_time" => |window| Some(window.values.iter().copied().collect::<Spread>().variance()),
        "mad_over_time" => |window| Some(median_deviation(window.values)),
        "ts_of_first_over_time" => |window| window.times.first().map(|time| *time as f64 / 1000.0),
        "ts_of_last_over_time" => |window| window.times.last().map(|time| *time as f64 / 1000.0),
        "ts_of_min_over_time" => {
            |window| extreme(window, |value, known| value <= known).map(|(time, _)| time)
        }
        "ts_of_max_over_time" => {
            |window| extreme(window, |value, known| value >= known).map(|(time, _)| time)
        }
        _ => return None,
    })
}

fn pairs(values: &[f64], counts: impl Fn(f64, f64) -> bool) -> f64 {
    values.windows(2).filter(|pair| counts(pair[0], pair[1])).count() as f64
}

/// The sample that wins against all others, with its time in seconds; NaN never does.
fn extreme(window: Window<'_>, wins: impl Fn(f64, f64) -> bool) -> Option<(f64, f64)> {
    let mut samples =
        window.times.iter().map(|time| *time as f64 / 1000.0).zip(window.values.iter().copied());
    let first = samples.next()?;
    Some(samples.fold(first, |known, sample| {
        if wins(sample.1, known.1) || (known.1.is_nan() && !sample.1.is_nan()) { sample } else { known }
    }))
}

fn median_deviation(values: &[f64]) -> f64 {
    let median = quantile(0.5, &mut values.to_vec());
    let mut distances: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
    quantile(0.5, &mut distances)
}
