//! How many different values there are, in bounded memory.
//!
//! The hashes of the values are spread evenly, so the smallest `K` of them tell how dense all of them lie. Up to `K` values
//! the count is exact, beyond it is off by about 1.6 %.

use std::collections::BTreeSet;

use ahash::RandomState;

const K: usize = 4096;

/// Counts different texts.
#[derive(Debug, Clone)]
pub(super) struct Distinct {
    hasher: RandomState,
    smallest: BTreeSet<u64>,
}

impl Default for Distinct {
    fn default() -> Self {
        // Always the same seeds: the same lines give the same answer.
        Self { hasher: RandomState::with_seeds(1, 2, 3, 4), smallest: BTreeSet::new() }
    }
}

impl Distinct {
    pub(super) fn insert(&mut self, value: &str) {
        let hash = self.hasher.hash_one(value);
        if self.smallest.len() == K && self.smallest.last().is_some_and(|largest| hash >= *largest) {
            return;
        }
        self.smallest.insert(hash);
        if self.smallest.len() > K {
            self.smallest.pop_last();
        }
    }

    pub(super) fn count(&self) -> u64 {
        match self.smallest.last() {
            Some(largest) if self.smallest.len() == K => {
                let share = *largest as f64 / u64::MAX as f64;
                ((K - 1) as f64 / share).round() as u64
            }
            _ => self.smallest.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_counted_and_many_estimated() {
        for (values, error) in
            [(0u32, 0.0), (1, 0.0), (1000, 0.0), (4095, 0.0), (5000, 0.05), (200_000, 0.05)]
        {
            let mut distinct = Distinct::default();
            for round in 0..2 {
                for at in 0..values {
                    distinct.insert(&format!("value {at}"));
                }
                let (count, exact) = (distinct.count() as f64, f64::from(values));
                assert!((count - exact).abs() <= error * exact, "{count} of {values}, round {round}");
            }
        }
    }
}
