//! `rate_counter`: the rate of a counter, as Prometheus extrapolates it.

/// The increase per second over the window `(start, end]` of samples in order of time (nanoseconds). Falls of the counter
/// are resets. A single sample tells of no increase: 0.
pub(crate) fn rate(samples: &[(i64, f64)], start: i64, end: i64) -> f64 {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return f64::NAN };
    if samples.len() < 2 {
        return 0.0;
    }
    let resets: f64 = samples.windows(2).filter(|pair| pair[1].1 < pair[0].1).map(|pair| pair[0].1).sum();
    let increase = last.1 - first.1 + resets;
    let seconds = |nanos: i64| nanos as f64 / 1e9;
    let covered = seconds(last.0 - first.0);
    let between = covered / (samples.len() - 1) as f64;
    let threshold = between * 1.1;
    let mut before = seconds(first.0 - start);
    if before >= threshold {
        before = between / 2.0;
    }
    if increase > 0.0 && first.1 >= 0.0 {
        // A counter does not start below zero.
        before = before.min(covered * (first.1 / increase));
    }
    let mut after = seconds(end - last.0);
    if after >= threshold {
        after = between / 2.0;
    }
    let factor = if covered > 0.0 { (covered + before + after) / covered } else { f64::NAN };
    increase * factor / seconds(end - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        let at = |second: i64| second * 1_000_000_000;
        let samples = |values: &[(i64, f64)]| values.iter().map(|(s, v)| (at(*s), *v)).collect::<Vec<_>>();
        for (values, expected) in [
            (samples(&[(10, 0.0), (20, 10.0), (30, 20.0), (40, 30.0), (50, 40.0), (60, 50.0)]), 50.0 / 60.0),
            (samples(&[(30, 7.0)]), 0.0),
            (samples(&[(20, 90.0), (40, 100.0), (60, 5.0)]), 15.0 * 1.5 / 60.0),
        ] {
            let found = rate(&values, at(0), at(60));
            assert!((found - expected).abs() < 1e-9, "{values:?}: {found} not {expected}");
        }
    }
}
