//! The moments at which a metric query has values, and the windows before them.

/// Moments at a fixed distance; one for an instant query. All times are nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeAxis {
    first: i64,
    step: i64,
    count: usize,
    /// Whether the query asked for a range: its value is then a matrix even with a single moment.
    is_range: bool,
}

/// Times that a leaf must read: later than `after`, not later than `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadRange {
    pub after: i64,
    pub until: i64,
}

impl TimeAxis {
    pub fn instant(at: i64) -> Self {
        Self { first: at, step: 1, count: 1, is_range: false }
    }

    /// From `start` to at most `end`.
    pub fn range(start: i64, end: i64, step: i64) -> Self {
        let step = step.max(1);
        let count = usize::try_from((end - start).max(0) / step).unwrap_or(0) + 1;
        Self { first: start, step, count, is_range: true }
    }

    /// As Loki's front end asks for a range: the start rounded down and the end up to multiples of the step, counted
    /// from the epoch; as asked if that leaves nothing between them.
    pub fn aligned_range(start: i64, end: i64, step: i64) -> Self {
        let step = step.max(1);
        let down = start - start.rem_euclid(step);
        let up = end + (step - end.rem_euclid(step)) % step;
        if down == up { Self::range(start, end, step) } else { Self::range(down, up, step) }
    }

    pub fn is_range(self) -> bool {
        self.is_range
    }

    pub fn first(self) -> i64 {
        self.first
    }

    pub fn last(self) -> i64 {
        self.at(self.count - 1)
    }

    pub fn step(self) -> i64 {
        self.step
    }

    /// How many moments.
    pub fn count(self) -> usize {
        self.count
    }

    pub fn at(self, index: usize) -> i64 {
        self.first.saturating_add(self.step.saturating_mul(index as i64))
    }

    /// What to read for windows of that length, moved back by `offset`.
    pub(crate) fn reads(self, range: i64, offset: i64) -> ReadRange {
        ReadRange {
            after: self.first.saturating_sub(range).saturating_sub(offset),
            until: self.last().saturating_sub(offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_aligned_to_the_step() {
        for (start, end, step, first, last, count) in [
            (600, 2400, 420, 420, 2520, 6),
            (613, 1200, 60, 600, 1200, 11),
            (600, 600, 60, 600, 600, 1),
            (601, 602, 60, 600, 660, 2),
        ] {
            let axis = TimeAxis::aligned_range(start, end, step);
            assert_eq!(
                (axis.first(), axis.last(), axis.count()),
                (first, last, count),
                "{start} {end} {step}"
            );
        }
    }
}
