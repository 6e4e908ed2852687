//! Straight lines and smooth curves through samples.

use super::moments::Sum;
use crate::Error;
use crate::eval::Window;

/// Slope per second and value at `origin` (milliseconds) of the line nearest to the samples.
pub(super) fn line(window: &Window<'_>, origin: i64) -> Option<(f64, f64)> {
    let Window { times, values, .. } = *window;
    if values.len() < 2 {
        return None;
    }
    if values.iter().all(|value| *value == values[0]) {
        let flat = !values[0].is_infinite();
        return Some(if flat { (0.0, values[0]) } else { (f64::NAN, f64::NAN) });
    }
    let (mut sum_x, mut sum_y, mut sum_xy, mut sum_xx) =
        (Sum::default(), Sum::default(), Sum::default(), Sum::default());
    for (time, y) in times.iter().zip(values) {
        let x = (time - origin) as f64 / 1000.0;
        sum_x.add(x);
        sum_y.add(*y);
        sum_xy.add(x * y);
        sum_xx.add(x * x);
    }
    let n = values.len() as f64;
    let (sum_x, sum_y) = (sum_x.value(), sum_y.value());
    let covariance = sum_xy.value() - sum_x * sum_y / n;
    let variance = sum_xx.value() - sum_x * sum_x / n;
    let slope = covariance / variance;
    Some((slope, sum_y / n - slope * sum_x / n))
}

/// Holt and Winters' double exponential smoothing.
pub(super) fn smoothed(window: &Window<'_>, smoothing: f64, trend: f64) -> Option<f64> {
    let values = window.values;
    if values.len() < 2 {
        return None;
    }
    let (mut before, mut level, mut slope) = (0.0, values[0], values[1] - values[0]);
    for (at, value) in values.iter().enumerate().skip(1) {
        if at > 1 {
            slope = trend * (level - before) + (1.0 - trend) * slope;
        }
        let next = smoothing * value + (1.0 - smoothing) * (level + slope);
        (before, level) = (level, next);
    }
    Some(level)
}

pub(super) fn check_factor(kind: &str, factor: f64) -> Result<(), Error> {
    if factor > 0.0 && factor < 1.0 {
        return Ok(());
    }
    Err(Error::execution(format!("invalid {kind} factor. Expected: 0 < {kind} factor < 1, got: {factor}")))
}
