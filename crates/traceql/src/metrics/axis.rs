//! The points in time that an answer is about.

/// Intervals of one length, closed on the right: the sample at `t` covers `(t − step, t]`. All in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeAxis {
    /// Where the first interval begins.
    begin: i64,
    step: i64,
    intervals: usize,
    is_instant: bool,
}

impl TimeAxis {
    /// From `start`, rounded down to a step, to `end`, rounded up. The first sample is at the start itself.
    pub fn range(start: i64, end: i64, step: i64) -> Self {
        let step = step.max(1);
        let first = start.div_euclid(step) * step;
        let last = end.saturating_add(step - 1).div_euclid(step) * step;
        let intervals = usize::try_from((last - first) / step).unwrap_or(0) + 1;
        Self { begin: first - step, step, intervals, is_instant: false }
    }

    /// One interval.
    pub fn instant(start: i64, end: i64) -> Self {
        Self { begin: start, step: (end - start).max(1), intervals: 1, is_instant: true }
    }

    pub fn intervals(&self) -> usize {
        self.intervals
    }

    pub fn is_instant(&self) -> bool {
        self.is_instant
    }

    /// The time before which, exclusive, nothing counts.
    pub fn begin(&self) -> i64 {
        self.begin
    }

    /// The time after which nothing counts.
    pub fn end(&self) -> i64 {
        self.begin.saturating_add(self.step.saturating_mul(self.intervals as i64))
    }

    pub(crate) fn step_seconds(&self) -> f64 {
        self.step as f64 / 1e9
    }

    /// The time of a sample.
    pub fn time(&self, interval: usize) -> i64 {
        self.begin.saturating_add(self.step.saturating_mul(interval as i64 + 1))
    }

    /// The interval of an instant.
    pub(crate) fn interval(&self, at: i64) -> Option<usize> {
        let offset = at.checked_sub(self.begin).filter(|offset| *offset > 0)?;
        let interval = usize::try_from((offset - 1) / self.step).ok()?;
        (interval < self.intervals).then_some(interval)
    }
}
