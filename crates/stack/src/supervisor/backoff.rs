//! How long to wait before a crashed component is started again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);

/// A component that ran this long counts as healthy: its next crash is a new story.
const STABLE: Duration = Duration::from_secs(30);

/// Doubles the wait with each crash in a row.
#[derive(Debug, Default)]
pub struct Backoff {
    crashes_in_a_row: u32,
}

impl Backoff {
    /// The wait after a crash of a process that had run for `ran`.
    pub fn after(&mut self, ran: Duration) -> Duration {
        if ran >= STABLE {
            self.crashes_in_a_row = 0;
        }
        let doubled = 2_u32.saturating_pow(self.crashes_in_a_row);
        self.crashes_in_a_row = self.crashes_in_a_row.saturating_add(1);
        FIRST.saturating_mul(doubled).min(LONGEST)
    }

    /// Somebody asked for a restart: start over.
    pub fn reset(&mut self) {
        self.crashes_in_a_row = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_start_over_after_a_stable_run() {
        let mut backoff = Backoff::default();
        let mut next = |ran_secs| backoff.after(Duration::from_secs(ran_secs)).as_millis();
        let waits: Vec<u128> = (0..10).map(|_| next(1)).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
        assert_eq!(next(60), 200);
        assert_eq!(next(1), 400);
        for _ in 0..100 {
            assert!(next(0) <= 30_000);
        }
        backoff.reset();
        assert_eq!(backoff.after(Duration::ZERO), FIRST);
    }
}
