//! Dice for the shop's realistic imperfection: the same seed throws the same numbers.

use std::ops::Range;
use std::time::Duration;

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// A seeded source of chance that many requests share.
#[derive(Debug)]
pub struct Chance(Mutex<StdRng>);

impl Chance {
    /// Dice that repeat their throws for the same `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// True with probability `rate` (below 0 never, above 1 always).
    pub fn happens(&self, rate: f64) -> bool {
        rate > 0.0 && self.0.lock().random::<f64>() < rate
    }

    /// A number from `range`; its start when the range is empty.
    pub fn number(&self, range: Range<u64>) -> u64 {
        if range.is_empty() { range.start } else { self.0.lock().random_range(range) }
    }

    /// A duration from `range`, to the millisecond.
    pub fn duration(&self, range: Range<Duration>) -> Duration {
        Duration::from_millis(self.number(range.start.as_millis() as u64..range.end.as_millis() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same_numbers() {
        let (one, two) = (Chance::seeded(7), Chance::seeded(7));
        for _ in 0..100 {
            assert_eq!(one.number(0..1000), two.number(0..1000));
        }
    }

    #[test]
    fn rates_are_kept() {
        let dice = Chance::seeded(1);
        assert!((0..1000).all(|_| !dice.happens(0.0)));
        assert!((0..1000).all(|_| dice.happens(1.0)));
        let hits = (0..10_000).filter(|_| dice.happens(0.1)).count();
        assert!((800..1200).contains(&hits), "{hits}");
    }
}
