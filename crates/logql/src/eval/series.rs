//! The slices of one series, and the values of the windows over them.

use crate::eval::accumulate::Accumulator;
use crate::eval::buckets::Slices;

/// Slices that have samples, in order.
#[derive(Debug, Clone)]
pub(crate) struct Sliced<A> {
    slices: Vec<(i64, A)>,
}

impl<A> Default for Sliced<A> {
    fn default() -> Self {
        Self { slices: Vec::new() }
    }
}

impl<A: Accumulator> Sliced<A> {
    #[inline]
    pub(crate) fn add(&mut self, slice: i64, timestamp: i64, value: f64) {
        // Rows come in order of time, more or less.
        match self.slices.last_mut() {
            Some((last, accumulator)) if *last == slice => accumulator.add(timestamp, value),
            Some((last, _)) if *last > slice => self.add_earlier(slice, timestamp, value),
            _ => self.slices.push((slice, A::first(timestamp, value))),
        }
    }

    fn add_earlier(&mut self, slice: i64, timestamp: i64, value: f64) {
        match self.slices.binary_search_by_key(&slice, |(slice, _)| *slice) {
            Ok(at) => self.slices[at].1.add(timestamp, value),
            Err(at) => self.slices.insert(at, (slice, A::first(timestamp, value))),
        }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        for (slice, accumulator) in other.slices {
            match self.slices.binary_search_by_key(&slice, |(slice, _)| *slice) {
                Ok(at) => self.slices[at].1.merge(&accumulator),
                Err(at) => self.slices.insert(at, (slice, accumulator)),
            }
        }
    }

    /// Calls `emit` with each moment whose window has samples. Every slice is merged a constant number of times, however
    /// many windows contain it: the older part of a window is kept as merges of its ends, the newer as one.
    pub(crate) fn windows(&self, slices: Slices, mut emit: impl FnMut(usize, f64)) {
        let mut older: Vec<(i64, A)> = Vec::new();
        let mut newer: Option<A> = None;
        let (mut from, mut to) = (0, 0);
        let mut moment = 0;
        while moment < slices.moments() {
            let (first, last) = (slices.first_of(moment), slices.last_of(moment));
            while let Some((slice, accumulator)) = self.slices.get(to).filter(|(slice, _)| *slice <= last) {
                to += 1;
                if *slice < first {
                    from = to;
                    continue;
                }
                match &mut newer {
                    Some(newer) => newer.merge(accumulator),
                    None => newer = Some(accumulator.clone()),
                }
            }
            while self.slices.get(from).is_some_and(|(slice, _)| from < to && *slice < first) {
                if older.is_empty() {
                    older = ends(&self.slices[from..to]);
                    newer = None;
                }
                older.pop();
                from += 1;
            }
            if from == to {
                (older, newer) = (Vec::new(), None);
                // Nothing until the window reaches the next slice.
                match self.slices.get(to) {
                    Some((next, _)) => moment = slices.first_moment(*next).max(moment + 1),
                    None => return,
                }
                continue;
            }
            emit(moment as usize, merged(older.last().map(|(_, ends)| ends), newer.as_ref()));
            moment += 1;
        }
    }
}

fn merged<A: Accumulator>(older: Option<&A>, newer: Option<&A>) -> f64 {
    match (older, newer) {
        (Some(older), Some(newer)) => {
            let mut both = older.clone();
            both.merge(newer);
            both.value()
        }
        (Some(one), None) | (None, Some(one)) => one.value(),
        (None, None) => f64::NAN,
    }
}

/// For each slice the merge of it and all later ones; the earliest is last, to be popped first.
fn ends<A: Accumulator>(slices: &[(i64, A)]) -> Vec<(i64, A)> {
    let mut ends: Vec<(i64, A)> = Vec::with_capacity(slices.len());
    for (slice, accumulator) in slices.iter().rev() {
        let mut end = accumulator.clone();
        if let Some((_, later)) = ends.last() {
            end.merge(later);
        }
        ends.push((*slice, end));
    }
    ends
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::eval::accumulate::{Deviation, Earliest, Largest, Latest, Mean, Smallest, Total};
    use crate::eval::time::TimeAxis;

    fn check<A: Accumulator>(
        samples: &[(i64, f64)],
        axis: TimeAxis,
        (range, offset): (i64, i64),
        naive: impl Fn(&[(i64, f64)]) -> f64,
    ) -> Result<(), TestCaseError> {
        let slices = Slices::new(axis, range, offset);
        let mut sliced = Sliced::<A>::default();
        let mut other = Sliced::<A>::default();
        for (at, (time, value)) in samples.iter().enumerate() {
            if let Some(slice) = slices.of(*time) {
                let part = if at % 3 == 0 { &mut other } else { &mut sliced };
                part.add(slice, *time, *value);
            }
        }
        sliced.absorb(other);
        let mut found = vec![None; axis.count()];
        sliced.windows(slices, |moment, value| found[moment] = Some(value));
        for (moment, found) in found.into_iter().enumerate() {
            let end = axis.at(moment) - offset;
            let inside: Vec<_> =
                samples.iter().copied().filter(|(time, _)| end - range < *time && *time <= end).collect();
            match found {
                None => prop_assert!(inside.is_empty(), "moment {} has samples", moment),
                Some(value) => {
                    let expected = naive(&inside);
                    prop_assert!(
                        (value - expected).abs() < 1e-6,
                        "moment {}: {} not {}",
                        moment,
                        value,
                        expected
                    );
                }
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn windows_are_as_if_each_were_computed_alone(
            samples in prop::collection::btree_map(-80i64..200, -100.0..100.0f64, 0..60),
            seed: u64, step in 1i64..20, count in 1i64..12, range in 1i64..60, offset in -9i64..9,
        ) {
            let mut samples: Vec<(i64, f64)> = samples.into_iter().collect();
            if seed % 2 == 0 {
                samples.sort_by_key(|(time, _)| (*time as u64).wrapping_mul(seed | 1));
            }
            let axis = TimeAxis::range(0, step * (count - 1), step);
            let sum = |inside: &[(i64, f64)]| inside.iter().map(|(_, value)| value).sum::<f64>();
            let mean = |inside: &[(i64, f64)]| sum(inside) / inside.len() as f64;
            let window = (range, offset);
            check::<Total>(&samples, axis, window, sum)?;
            check::<Mean>(&samples, axis, window, mean)?;
            check::<Smallest>(&samples, axis, window, |inside| inside.iter().map(|(_, value)| *value).fold(f64::NAN, f64::min))?;
            check::<Largest>(&samples, axis, window, |inside| inside.iter().map(|(_, value)| *value).fold(f64::NAN, f64::max))?;
            check::<Earliest>(&samples, axis, window, |inside| inside.iter().min_by_key(|(time, _)| *time).unwrap().1)?;
            check::<Latest>(&samples, axis, window, |inside| inside.iter().max_by_key(|(time, _)| *time).unwrap().1)?;
            check::<Deviation>(&samples, axis, window, |inside| {
                let mean = mean(inside);
                (inside.iter().map(|(_, value)| (value - mean).powi(2)).sum::<f64>() / inside.len() as f64).sqrt()
            })?;
        }
    }
}
