//! The points in time that an answer is about.

/// What [`TimeAxis::intervals_of`] says of times outside.
pub(crate) const NO_INTERVAL: u32 = u32::MAX;

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

    /// The intervals of many instants.
    pub(crate) fn intervals_of(&self, times: &[i64]) -> Vec<u32> {
        let step = self.step.cast_unsigned();
        let end = step.saturating_mul(self.intervals as u64).min(i64::MAX.cast_unsigned());
        let per_step = 1.0 / self.step as f64;
        let one = |at: &i64| {
            // Wrapped around, what lies before the beginning lies behind the end.
            let offset = at.wrapping_sub(self.begin).wrapping_sub(1).cast_unsigned();
            if offset >= end || *at <= self.begin {
                return NO_INTERVAL;
            }
            // A multiplication is quicker than a division and at most one off.
            let guess = (offset.cast_signed() as f64 * per_step) as i64;
            let guess = guess.cast_unsigned();
            let interval = if guess.saturating_mul(step) > offset {
                guess - 1
            } else if (guess + 1).saturating_mul(step) <= offset {
                guess + 1
            } else {
                guess
            };
            interval.min(self.intervals as u64 - 1) as u32
        };
        times.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_instants_are_placed_like_single_ones() {
        for axis in [
            TimeAxis::range(0, 600, 60),
            TimeAxis::range(1_795_168_800_000_000_000, 1_795_172_400_000_000_000, 60_000_000_000),
            TimeAxis::range(1_795_168_800_000_000_000, 1_795_168_800_000_000_100, 1),
            TimeAxis::instant(5, i64::MAX - 7),
        ] {
            let step = axis.step;
            let near = (0..=axis.intervals() as i64 + 1).flat_map(|at| {
                [-1, 0, 1].map(|by| axis.begin.saturating_add(step.saturating_mul(at)).saturating_add(by))
            });
            let times: Vec<i64> = near.chain([i64::MIN, -1, 0, 1, i64::MAX]).collect();
            let expected: Vec<u32> = times
                .iter()
                .map(|at| axis.interval(*at).map_or(NO_INTERVAL, |interval| interval as u32))
                .collect();
            assert_eq!(axis.intervals_of(&times), expected, "{axis:?}");
        }
    }
}
