//! What collectors gather: per series the accumulated slices, or the samples where no running form exists.

use crate::eval::accumulate::{Deviation, Earliest, Largest, Latest, Mean, Smallest, Spread, Total};
use crate::eval::buckets::Slices;
use crate::eval::quantile::Window;
use crate::eval::rate_counter;
use crate::eval::series::Sliced;
use crate::syntax::RangeOp;

/// One store per kind of accumulator; the index is that of the series.
#[derive(Debug, Clone)]
pub(crate) enum Store {
    Total(Vec<Sliced<Total>>),
    Mean(Vec<Sliced<Mean>>),
    Smallest(Vec<Sliced<Smallest>>),
    Largest(Vec<Sliced<Largest>>),
    Deviation(Vec<Sliced<Deviation>>),
    Variance(Vec<Sliced<Spread>>),
    Earliest(Vec<Sliced<Earliest>>),
    Latest(Vec<Sliced<Latest>>),
    Samples(Vec<Vec<(i64, f64)>>),
}

/// Runs `$body` with `$series` bound to the vector of whichever sliced kind; `$samples` handles the other.
macro_rules! each_kind {
    ($store:expr, $series:ident => $body:expr, $samples:ident => $other:expr) => {
        match $store {
            Store::Total($series) => $body,
            Store::Mean($series) => $body,
            Store::Smallest($series) => $body,
            Store::Largest($series) => $body,
            Store::Deviation($series) => $body,
            Store::Variance($series) => $body,
            Store::Earliest($series) => $body,
            Store::Latest($series) => $body,
            Store::Samples($samples) => $other,
        }
    };
}

impl Store {
    pub(crate) fn new(op: RangeOp) -> Self {
        match op {
            RangeOp::Avg => Self::Mean(Vec::new()),
            RangeOp::Min => Self::Smallest(Vec::new()),
            RangeOp::Max => Self::Largest(Vec::new()),
            RangeOp::Stddev => Self::Deviation(Vec::new()),
            RangeOp::Stdvar => Self::Variance(Vec::new()),
            RangeOp::First => Self::Earliest(Vec::new()),
            RangeOp::Last => Self::Latest(Vec::new()),
            RangeOp::Quantile | RangeOp::RateCounter => Self::Samples(Vec::new()),
            RangeOp::Count
            | RangeOp::Rate
            | RangeOp::Bytes
            | RangeOp::BytesRate
            | RangeOp::Absent
            | RangeOp::Sum => Self::Total(Vec::new()),
        }
    }

    /// Adds a sample; a new series is the one behind the last.
    #[inline]
    pub(crate) fn add(&mut self, series: usize, slice: i64, timestamp: i64, value: f64) {
        each_kind!(self,
            all => {
                if series >= all.len() {
                    all.resize_with(series + 1, Default::default);
                }
                all[series].add(slice, timestamp, value);
            },
            all => {
                if series >= all.len() {
                    all.resize_with(series + 1, Vec::new);
                }
                all[series].push((timestamp, value));
            }
        );
    }

    /// Adds samples of one value, ordered by time.
    pub(crate) fn add_sorted(&mut self, series: usize, value: f64, slices: Slices, timestamps: &[i64]) {
        let mut rest = timestamps;
        while let Some(first) = rest.first().copied() {
            let Some(slice) = slices.of(first) else {
                // Gaps between windows come again and again.
                let gap = rest.iter().position(|time| slices.of(*time).is_some()).unwrap_or(rest.len());
                rest = &rest[gap..];
                continue;
            };
            let (run, after) = rest.split_at(rest.partition_point(|time| slices.of(*time) == Some(slice)));
            rest = after;
            match self {
                Self::Total(_) => self.add(series, slice, first, value * run.len() as f64),
                _ => run.iter().for_each(|time| self.add(series, slice, *time, value)),
            }
        }
    }

    /// Adds the series of another store of the same kind; `place` says which of mine each of them is.
    pub(crate) fn absorb(&mut self, other: Self, place: &[usize]) {
        macro_rules! both {
            ($($kind:ident),+) => {
                match (self, other) {
                    $((Self::$kind(mine), Self::$kind(theirs)) => {
                        for (series, place) in theirs.into_iter().zip(place) {
                            if *place >= mine.len() {
                                mine.resize_with(place + 1, Default::default);
                            }
                            mine[*place].absorb(series);
                        }
                    })+
                    (Self::Samples(mine), Self::Samples(theirs)) => {
                        for (series, place) in theirs.into_iter().zip(place) {
                            if *place >= mine.len() {
                                mine.resize_with(place + 1, Vec::new);
                            }
                            mine[*place].extend(series);
                        }
                    }
                    _ => debug_assert!(false, "parts of one leaf are of one kind"),
                }
            };
        }
        both!(Total, Mean, Smallest, Largest, Deviation, Variance, Earliest, Latest);
    }

    /// Calls `emit` with series, moment and value of every window that has samples.
    pub(crate) fn windows(
        self,
        op: RangeOp,
        param: f64,
        slices: Slices,
        mut emit: impl FnMut(usize, usize, f64),
    ) {
        each_kind!(self,
            all => {
                for (at, series) in all.into_iter().enumerate() {
                    series.windows(slices, |moment, value| emit(at, moment, value));
                }
            },
            all => {
                for (at, mut samples) in all.into_iter().enumerate() {
                    samples.sort_by_key(|(timestamp, _)| *timestamp);
                    sample_windows(&samples, op, param, slices, |moment, value| emit(at, moment, value));
                }
            }
        );
    }
}

/// Windows over samples that are kept one by one.
fn sample_windows(
    samples: &[(i64, f64)],
    op: RangeOp,
    param: f64,
    slices: Slices,
    mut emit: impl FnMut(usize, f64),
) {
    let (mut from, mut to) = (0, 0);
    let mut window = Window::default();
    for moment in 0..slices.moments() {
        let end = slices.window_end(moment);
        let start = end - slices.range();
        to += samples[to..].iter().take_while(|(timestamp, _)| *timestamp <= end).count();
        from += samples[from..to].iter().take_while(|(timestamp, _)| *timestamp <= start).count();
        let inside = &samples[from..to];
        if inside.is_empty() {
            continue;
        }
        let value = if op == RangeOp::RateCounter {
            rate_counter::rate(inside, start, end)
        } else {
            window.slide(samples, from, to);
            window.quantile(param)
        };
        emit(moment as usize, value);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::eval::time::TimeAxis;

    proptest! {
        #[test]
        fn sorted_samples_are_added_as_one_by_one(
            mut times in prop::collection::vec(0i64..200, 0..40), step in 1i64..30, range in 0i64..60, is_total: bool,
        ) {
            times.sort_unstable();
            let op = if is_total { RangeOp::Count } else { RangeOp::Last };
            let slices = Slices::new(TimeAxis::range(20, 160, step), range, 3);
            let (mut together, mut alone) = (Store::new(op), Store::new(op));
            together.add_sorted(0, 2.0, slices, &times);
            for time in &times {
                if let Some(slice) = slices.of(*time) {
                    alone.add(0, slice, *time, 2.0);
                }
            }
            let windows = |store: Store| {
                let mut all = Vec::new();
                store.windows(op, 0.0, slices, |at, moment, value| all.push((at, moment, value.to_bits())));
                all
            };
            prop_assert_eq!(windows(together), windows(alone));
        }
    }
}
