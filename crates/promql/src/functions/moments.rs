//! Sums, means, variances and quantiles, without losing digits on the way.

/// Kahan's sum in Neumaier's form.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    sum: f64,
    rest: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, value: f64) {
        let next = self.sum + value;
        if next.is_infinite() {
            self.rest = 0.0;
        } else if self.sum.abs() >= value.abs() {
            self.rest += (self.sum - next) + value;
        } else {
            self.rest += (value - next) + self.sum;
        }
        self.sum = next;
    }

    pub(crate) fn value(&self) -> f64 {
        if self.sum.is_infinite() { self.sum } else { self.sum + self.rest }
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sum = Self::default();
        values.into_iter().for_each(|value| sum.add(value));
        sum
    }
}

/// A mean that does not overflow where the sum would.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mean {
    count: f64,
    sum: Sum,
    running: f64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum.add(value);
        if self.running.is_infinite() && (value == self.running || value.is_finite()) {
            return;
        }
        self.running += value / self.count - self.running / self.count;
    }

    pub(crate) fn value(&self) -> f64 {
        let sum = self.sum.value();
        if sum.is_finite() { sum / self.count } else { self.running }
    }
}

impl FromIterator<f64> for Mean {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut mean = Self::default();
        values.into_iter().for_each(|value| mean.add(value));
        mean
    }
}

/// Welford's variance, of the whole population.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spread {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Spread {
    pub(crate) fn variance(&self) -> f64 {
        self.squares / self.count
    }
}

impl FromIterator<f64> for Spread {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut spread = Self::default();
        for value in values {
            spread.count += 1.0;
            let delta = value - spread.mean;
            spread.mean += delta / spread.count;
            spread.squares += delta * (value - spread.mean);
        }
        spread
    }
}

/// The `q`-quantile, between two values where it falls between them.
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
    // NaN counts as least.
    values.sort_by(|a, b| match (a.is_nan(), b.is_nan()) {
        (false, false) => a.total_cmp(b),
        (a, b) => b.cmp(&a),
    });
    let last = values.len() - 1;
    let rank = q * last as f64;
    let lower = rank.floor().max(0.0) as usize;
    let upper = (lower + 1).min(last);
    let weight = rank - rank.floor();
    values[lower.min(last)] * (1.0 - weight) + values[upper] * weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_survive() {
        assert_eq!([1.0, 1e100, 1.0, -1e100].into_iter().collect::<Sum>().value(), 2.0);
        assert_eq!([f64::MAX, f64::MAX].into_iter().collect::<Mean>().value(), f64::MAX);
        assert!([f64::INFINITY, f64::NEG_INFINITY].into_iter().collect::<Mean>().value().is_nan());
        assert_eq!([2.0, 4.0].into_iter().collect::<Spread>().variance(), 1.0);
        assert_eq!(quantile(0.5, &mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(quantile(1.0, &mut [f64::NAN, 1.0]), 1.0);
    }
}
