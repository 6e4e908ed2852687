//! The times at which a query is evaluated.

/// Evenly spaced times in milliseconds; at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Steps {
    pub start: i64,
    pub step: i64,
    pub count: usize,
}

impl Steps {
    pub(crate) fn instant(at: i64) -> Self {
        Self { start: at, step: 1, count: 1 }
    }

    /// From `start` to `end`, both included.
    pub(crate) fn new(start: i64, end: i64, step: i64) -> Self {
        let step = step.max(1);
        let count = usize::try_from(end.saturating_sub(start) / step).unwrap_or(0) + 1;
        Self { start, step, count }
    }

    pub(crate) fn at(&self, index: usize) -> i64 {
        self.start + self.step * index as i64
    }

    pub(crate) fn last(&self) -> i64 {
        self.at(self.count - 1)
    }
}
