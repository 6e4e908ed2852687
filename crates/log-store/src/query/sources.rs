//! Where the rows of a query come from: batches in memory and segments, in the order in which they can contribute.

use model::{TimeRange, TimestampNanos};

/// The time that a source covers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub first: TimestampNanos,
    pub last: TimestampNanos,
}

impl Span {
    fn common(self, other: Self) -> Option<Self> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(Self { first, last })
    }

    fn contains(self, at: TimestampNanos) -> bool {
        self.first <= at && at <= self.last
    }
}

/// Times of one source that others cover, too: only there can a row have a twin elsewhere.
#[derive(Debug, Default, Clone)]
pub(super) struct Shared(Vec<Span>);

impl Shared {
    /// What `spans[own]` shares with the others.
    pub(super) fn of(spans: &[Span], own: usize) -> Self {
        let others = spans.iter().enumerate().filter(|(at, _)| *at != own);
        let mut common: Vec<Span> = others.filter_map(|(_, other)| spans[own].common(*other)).collect();
        common.sort_by_key(|span| span.first);
        let mut merged: Vec<Span> = Vec::new();
        for span in common {
            match merged.last_mut() {
                Some(before) if span.first <= before.last => before.last = before.last.max(span.last),
                _ => merged.push(span),
            }
        }
        Self(merged)
    }

    pub(super) fn contains(&self, at: TimestampNanos) -> bool {
        self.0.iter().any(|span| span.contains(at))
    }
}

/// Later than `after`, not later than `until`: the window that metric queries read, as a half-open range.
pub(super) fn window(after: i64, until: i64) -> TimeRange {
    TimeRange::new(TimestampNanos(after.saturating_add(1)), TimestampNanos(until.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span((first, length): (i64, i64)) -> Span {
        Span { first: TimestampNanos(first), last: TimestampNanos(first + length) }
    }

    proptest! {
        /// Naive definition: some other span contains the moment, as does the own one.
        #[test]
        fn shared_times_are_those_that_another_source_covers(
            spans in prop::collection::vec((0..30i64, 0..10i64).prop_map(span), 1..6),
            at in 0..45i64,
        ) {
            let at = TimestampNanos(at);
            for own in 0..spans.len() {
                let naive = spans[own].contains(at)
                    && spans.iter().enumerate().any(|(other, span)| other != own && span.contains(at));
                prop_assert_eq!(Shared::of(&spans, own).contains(at), naive);
            }
        }
    }
}
