//! `rate`, `increase` and `delta`, with Prometheus' extrapolation to the edges of the range.

use crate::Dialect;
use crate::eval::Window;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Per second, of a counter.
    Rate,
    /// Of a counter.
    Increase,
    /// Of a gauge.
    Delta,
}

/// What a range of samples grew by, as if they reached to its edges.
pub(super) fn extrapolated(window: &Window<'_>, kind: Kind, dialect: Dialect) -> Option<f64> {
    let Window { times, values, start, end, .. } = *window;
    let last = values.len().checked_sub(1).filter(|last| *last > 0)?;
    let is_counter = kind != Kind::Delta;
    let mut grown = values[last] - values[0];
    if is_counter {
        grown += resets(values);
    }
    let to_start = (times[0] - start) as f64 / 1000.0;
    let to_end = (end - times[last]) as f64 / 1000.0;
    let sampled = (times[last] - times[0]) as f64 / 1000.0;
    let between = sampled / last as f64;
    let threshold = between * 1.1;
    // A counter does not come from below zero.
    let to_zero = (is_counter && grown > 0.0 && values[0] >= 0.0).then(|| sampled * (values[0] / grown));
    let near = |distance: f64| if distance < threshold { distance } else { between / 2.0 };
    let before = match dialect {
        Dialect::Two => near(to_zero.map_or(to_start, |zero| zero.min(to_start))),
        Dialect::Three => {
            let before = near(to_start);
            to_zero.map_or(before, |zero| zero.min(before))
        }
    };
    let factor = (sampled + before + near(to_end)) / sampled;
    let grown = grown * factor;
    Some(match kind {
        Kind::Rate => grown / ((end - start) as f64 / 1000.0),
        Kind::Increase | Kind::Delta => grown,
    })
}

/// What counters had before they started again.
fn resets(values: &[f64]) -> f64 {
    values.windows(2).filter(|pair| pair[1] < pair[0]).map(|pair| pair[0]).sum()
}

/// From the last two samples: per second for a counter, as they differ for a gauge.
pub(super) fn last_two(window: &Window<'_>, is_rate: bool) -> Option<f64> {
    let last = window.values.len().checked_sub(1).filter(|last| *last > 0)?;
    let (before, now) = (window.values[last - 1], window.values[last]);
    let millis = window.times[last] - window.times[last - 1];
    if millis == 0 {
        return None;
    }
    let grown = if is_rate && now < before { now } else { now - before };
    Some(if is_rate { grown / (millis as f64 / 1000.0) } else { grown })
}
