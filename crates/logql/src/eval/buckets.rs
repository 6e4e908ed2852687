//! Slices of time between which no window begins or ends.
//!
//! Windows overlap where they are longer than the step. Instead of adding a sample to each of them, it is added to one
//! slice, and a window's value is the merge of its slices. With `range = q * step + m`, windows begin `m` before a
//! moment and end at one, so there are two slices per step: number `2k` ends `m` before moment `k`, number `2k + 1` ends
//! at moment `k` (if `m` is 0 the first of the two stays empty).

use crate::eval::time::TimeAxis;

/// Which slice a time belongs to, and which slices a window has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slices {
    axis: TimeAxis,
    offset: i64,
    whole: i64,
    rest: i64,
    range: i64,
}

impl Slices {
    pub(crate) fn new(axis: TimeAxis, range: i64, offset: i64) -> Self {
        // An instant query has one window and one slice: any step as long as the range will do.
        let step = if axis.count() == 1 { range.max(1) } else { axis.step() };
        Self { axis, offset, whole: range / step, rest: range % step, range }
    }

    fn step(self) -> i64 {
        if self.axis.count() == 1 { self.range.max(1) } else { self.axis.step() }
    }

    /// The slice of a row's time; `None` when no window contains it.
    #[inline]
    pub(crate) fn of(self, timestamp: i64) -> Option<i64> {
        let time = timestamp.checked_add(self.offset)?;
        let distance = time.checked_sub(self.axis.first())?;
        let step = self.step();
        // The first moment that is not before the time.
        let moment = distance.div_euclid(step) + i64::from(distance.rem_euclid(step) != 0);
        if moment >= self.axis.count() as i64 {
            return None;
        }
        let before = moment * step - distance;
        let slice = if self.rest == 0 || before < self.rest { 2 * moment + 1 } else { 2 * moment };
        // A window shorter than the step leaves a gap before it; one of no length is nothing but gap.
        let in_gap = self.whole == 0 && (slice % 2 == 0 || self.rest == 0);
        (slice >= self.first_of(0) && !in_gap).then_some(slice)
    }

    /// The first slice of the window that ends at moment `index`.
    pub(crate) fn first_of(self, index: i64) -> i64 {
        2 * (index - self.whole) + if self.rest == 0 { 2 } else { 1 }
    }

    /// The last slice of the window that ends at moment `index`.
    pub(crate) fn last_of(self, index: i64) -> i64 {
        2 * index + 1
    }

    /// The first moment whose window contains the slice.
    pub(crate) fn first_moment(self, slice: i64) -> i64 {
        slice.div_euclid(2).max(0)
    }

    pub(crate) fn moments(self) -> i64 {
        self.axis.count() as i64
    }

    /// The end of the window of moment `index`, in times of rows.
    pub(crate) fn window_end(self, index: i64) -> i64 {
        self.axis.at(index as usize).saturating_sub(self.offset)
    }

    pub(crate) fn range(self) -> i64 {
        self.range
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_window_of_no_length_has_no_rows() {
        let slices = Slices::new(TimeAxis::range(35, 68, 11), 0, 0);
        assert!((0..100).all(|time| slices.of(time).is_none()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn slices_make_up_the_windows(
            first in -50i64..50, step in 1i64..20, count in 1i64..8, range in 0i64..60, offset in -10i64..10,
            time in -150i64..250, instant: bool,
        ) {
            let axis = if instant { TimeAxis::instant(first) } else { TimeAxis::range(first, first + step * (count - 1), step) };
            let slices = Slices::new(axis, range, offset);
            let slice = slices.of(time);
            let mut hit = false;
            for index in 0..axis.count() as i64 {
                let end = axis.at(index as usize) - offset;
                let inside = end - range < time && time <= end;
                hit |= inside;
                if let Some(slice) = slice {
                    let covered = slices.first_of(index) <= slice && slice <= slices.last_of(index);
                    prop_assert_eq!(covered, inside, "moment {}", index);
                }
            }
            prop_assert_eq!(slice.is_some(), hit);
        }
    }
}
