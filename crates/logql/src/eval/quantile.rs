//! `quantile_over_time`, over windows that slide.
//!
//! Neighbouring windows share most of their samples, so the values of a window are kept in order, and each step is one walk through
//! them that leaves out what goes and puts in what comes, instead of a sort of all.

/// A value that compares as a whole number: NaN first, then as [`f64::total_cmp`] has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key(i64);

impl Key {
    fn of(value: f64) -> Self {
        let bits = value.to_bits() as i64;
        // Negative numbers are larger the smaller they are: all bits but the sign turn around.
        if value.is_nan() { Self(i64::MIN) } else { Self(bits ^ ((bits >> 63) as u64 >> 1) as i64) }
    }

    fn value(self) -> f64 {
        match self.0 {
            i64::MIN => f64::NAN,
            bits => f64::from_bits((bits ^ ((bits >> 63) as u64 >> 1) as i64) as u64),
        }
    }
}

/// The samples of a window, `from..to` of all, with their values in order.
#[derive(Debug, Default)]
pub(crate) struct Window {
    from: usize,
    to: usize,
    sorted: Vec<Key>,
    next: Vec<Key>,
    entering: Vec<Key>,
    leaving: Vec<Key>,
}

impl Window {
    /// Moves on to the samples `from..to`, neither of which is before what it was.
    pub(crate) fn slide(&mut self, samples: &[(i64, f64)], from: usize, to: usize) {
        let keys = |samples: &[(i64, f64)], into: &mut Vec<Key>| {
            into.clear();
            into.extend(samples.iter().map(|(_, value)| Key::of(*value)));
            into.sort_unstable();
        };
        if from >= self.to {
            keys(&samples[from..to], &mut self.sorted);
        } else {
            keys(&samples[self.from..from], &mut self.leaving);
            keys(&samples[self.to..to], &mut self.entering);
            self.exchange();
        }
        (self.from, self.to) = (from, to);
    }

    fn exchange(&mut self) {
        self.next.clear();
        let mut leaving = self.leaving.iter().peekable();
        let mut entering = self.entering.iter().copied().peekable();
        for key in &self.sorted {
            if leaving.next_if_eq(&key).is_some() {
                continue;
            }
            while let Some(new) = entering.next_if(|new| new < key) {
                self.next.push(new);
            }
            self.next.push(*key);
        }
        self.next.extend(entering);
        std::mem::swap(&mut self.sorted, &mut self.next);
    }

    /// The value below which the share `q` of the values lies, interpolated.
    pub(crate) fn quantile(&self, q: f64) -> f64 {
        let Some(last) = self.sorted.len().checked_sub(1) else { return f64::NAN };
        if q.is_nan() {
            return f64::NAN;
        }
        if q < 0.0 {
            return f64::NEG_INFINITY;
        }
        if q > 1.0 {
            return f64::INFINITY;
        }
        let rank = q * last as f64;
        let lower = rank.floor() as usize;
        let upper = (lower + 1).min(last);
        let weight = rank - rank.floor();
        self.sorted[lower].value() * (1.0 - weight) + self.sorted[upper].value() * weight
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quantile(q: f64, values: &[f64]) -> f64 {
        let samples: Vec<(i64, f64)> = values.iter().map(|value| (0, *value)).collect();
        let mut window = Window::default();
        window.slide(&samples, 0, samples.len());
        window.quantile(q)
    }

    #[test]
    fn quantiles() {
        for (q, values, expected) in [
            (0.5, vec![3.0, 1.0, 2.0], 2.0),
            (0.9, vec![1.0, 2.0], 1.9),
            (1.0, vec![5.0], 5.0),
            (1.5, vec![5.0], f64::INFINITY),
            (0.0, vec![2.0, f64::NEG_INFINITY], f64::NEG_INFINITY),
        ] {
            let found = quantile(q, &values);
            assert!((found - expected).abs() < 1e-12 || found == expected, "{q} of {values:?}: {found}");
        }
        assert!(quantile(0.0, &[1.0, f64::NAN]).is_nan());
        assert!(quantile(0.5, &[]).is_nan());
    }

    proptest! {
        #[test]
        fn keys_are_ordered_as_values(left: f64, right: f64) {
            let expected = match (left.is_nan(), right.is_nan()) {
                (false, false) => left.total_cmp(&right),
                (left, right) => right.cmp(&left),
            };
            prop_assert_eq!(Key::of(left).cmp(&Key::of(right)), expected);
            prop_assert!(left.is_nan() || Key::of(left).value().to_bits() == left.to_bits());
        }

        #[test]
        fn a_window_that_slid_is_as_a_new_one(
            values in prop::collection::vec(-3i8..3, 0..40),
            steps in prop::collection::vec((0usize..8, 0usize..8), 0..12),
        ) {
            let samples: Vec<(i64, f64)> = values.iter().map(|value| (0, f64::from(*value))).collect();
            let mut window = Window::default();
            let (mut from, mut to) = (0, 0);
            for (ahead, behind) in steps {
                to = (to + ahead).min(samples.len());
                from = (from + behind).min(to);
                window.slide(&samples, from, to);
                let mut expected: Vec<Key> = samples[from..to].iter().map(|(_, value)| Key::of(*value)).collect();
                expected.sort_unstable();
                prop_assert_eq!(&window.sorted, &expected);
            }
        }
    }
}
