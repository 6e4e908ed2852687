//! What is kept of the samples in a slice of time.

/// A running form of a range aggregation.
pub(crate) trait Accumulator: Clone + Send {
    fn first(timestamp: i64, value: f64) -> Self;
    fn add(&mut self, timestamp: i64, value: f64);
    /// Adds what `later` holds; both are slices of the same window.
    fn merge(&mut self, later: &Self);
    fn value(&self) -> f64;
}

/// Lines, bytes, sums.
#[derive(Debug, Clone)]
pub(crate) struct Total(f64);

impl Accumulator for Total {
    fn first(_: i64, value: f64) -> Self {
        Self(value)
    }

    fn add(&mut self, _: i64, value: f64) {
        self.0 += value;
    }

    fn merge(&mut self, later: &Self) {
        self.0 += later.0;
    }

    fn value(&self) -> f64 {
        self.0
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Mean {
    sum: f64,
    count: f64,
}

impl Accumulator for Mean {
    fn first(_: i64, value: f64) -> Self {
        Self { sum: value, count: 1.0 }
    }

    fn add(&mut self, _: i64, value: f64) {
        self.sum += value;
        self.count += 1.0;
    }

    fn merge(&mut self, later: &Self) {
        self.sum += later.sum;
        self.count += later.count;
    }

    fn value(&self) -> f64 {
        self.sum / self.count
    }
}

/// The smallest value; NaN only if there is nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Smallest(f64);

impl Accumulator for Smallest {
    fn first(_: i64, value: f64) -> Self {
        Self(value)
    }

    fn add(&mut self, _: i64, value: f64) {
        self.0 = self.0.min(value);
    }

    fn merge(&mut self, later: &Self) {
        self.0 = self.0.min(later.0);
    }

    fn value(&self) -> f64 {
        self.0
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Largest(f64);

impl Accumulator for Largest {
    fn first(_: i64, value: f64) -> Self {
        Self(value)
    }

    fn add(&mut self, _: i64, value: f64) {
        self.0 = self.0.max(value);
    }

    fn merge(&mut self, later: &Self) {
        self.0 = self.0.max(later.0);
    }

    fn value(&self) -> f64 {
        self.0
    }
}

/// Mean and sum of squared distances from it, by Welford's and Chan's formulas.
#[derive(Debug, Clone)]
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

impl Accumulator for Spread {
    fn first(_: i64, value: f64) -> Self {
        // Not simply 0: infinity and NaN have no spread, not even alone.
        Self { count: 1.0, mean: value, squares: value * 0.0 }
    }

    fn add(&mut self, _: i64, value: f64) {
        self.count += 1.0;
        let distance = value - self.mean;
        self.mean += distance / self.count;
        self.squares += distance * (value - self.mean);
    }

    fn merge(&mut self, later: &Self) {
        let count = self.count + later.count;
        let distance = later.mean - self.mean;
        self.mean += distance * later.count / count;
        self.squares += later.squares + distance * distance * self.count * later.count / count;
        self.count = count;
    }

    fn value(&self) -> f64 {
        self.variance()
    }
}

/// As [`Spread`], valued by its root.
#[derive(Debug, Clone)]
pub(crate) struct Deviation(Spread);

impl Accumulator for Deviation {
    fn first(timestamp: i64, value: f64) -> Self {
        Self(Spread::first(timestamp, value))
    }

    fn add(&mut self, timestamp: i64, value: f64) {
        self.0.add(timestamp, value);
    }

    fn merge(&mut self, later: &Self) {
        self.0.merge(&later.0);
    }

    fn value(&self) -> f64 {
        self.0.variance().sqrt()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Earliest {
    timestamp: i64,
    value: f64,
}

impl Accumulator for Earliest {
    fn first(timestamp: i64, value: f64) -> Self {
        Self { timestamp, value }
    }

    fn add(&mut self, timestamp: i64, value: f64) {
        if timestamp < self.timestamp {
            *self = Self { timestamp, value };
        }
    }

    fn merge(&mut self, later: &Self) {
        self.add(later.timestamp, later.value);
    }

    fn value(&self) -> f64 {
        self.value
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Latest {
    timestamp: i64,
    value: f64,
}

impl Accumulator for Latest {
    fn first(timestamp: i64, value: f64) -> Self {
        Self { timestamp, value }
    }

    fn add(&mut self, timestamp: i64, value: f64) {
        if timestamp >= self.timestamp {
            *self = Self { timestamp, value };
        }
    }

    fn merge(&mut self, later: &Self) {
        self.add(later.timestamp, later.value);
    }

    fn value(&self) -> f64 {
        self.value
    }
}
