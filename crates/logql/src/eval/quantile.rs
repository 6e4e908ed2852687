//! `quantile_over_time`

/// The value below which the share `q` of the values lies, interpolated; NaN sorts first.
pub(crate) fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_by(|left, right| match (left.is_nan(), right.is_nan()) {
        (false, false) => left.total_cmp(right),
        (left, right) => right.cmp(&left),
    });
    let rank = q * (values.len() - 1) as f64;
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    values[lower] * (1.0 - weight) + values[upper] * weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles() {
        for (q, values, expected) in [
            (0.5, vec![3.0, 1.0, 2.0], 2.0),
            (0.9, vec![1.0, 2.0], 1.9),
            (1.0, vec![5.0], 5.0),
            (1.5, vec![5.0], f64::INFINITY),
            (0.0, vec![2.0, f64::NEG_INFINITY], f64::NEG_INFINITY),
        ] {
            let found = quantile(q, &mut values.clone());
            assert!((found - expected).abs() < 1e-12 || found == expected, "{q} of {values:?}: {found}");
        }
        assert!(quantile(0.0, &mut [1.0, f64::NAN]).is_nan());
        assert!(quantile(0.5, &mut []).is_nan());
    }
}
