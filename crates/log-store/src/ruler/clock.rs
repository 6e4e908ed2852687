//! The time by which rules are evaluated, so that tests can let hours pass.

use std::sync::Arc;
use std::time::Duration;

use model::TimestampNanos;
use tokio::sync::watch;

/// Longest sleep between two looks at the machine's clock, which may be set, and which goes on while a machine is
/// suspended.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);

/// Where "now" comes from.
#[derive(Debug, Clone, Default)]
pub struct Clock(Source);

#[derive(Debug, Clone, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<watch::Sender<i64>>),
}

impl Clock {
    /// A clock that moves only by [`Clock::advance`]. Clones share the time.
    pub fn manual(unix_secs: i64) -> Self {
        Self(Source::Manual(Arc::new(watch::Sender::new(TimestampNanos::from_secs(unix_secs).0))))
    }

    pub fn now(&self) -> TimestampNanos {
        match &self.0 {
            Source::System => TimestampNanos::now(),
            Source::Manual(now) => TimestampNanos(*now.borrow()),
        }
    }

    /// Moves a manual clock forward; the machine's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &self.0 {
            now.send_modify(|now| *now = TimestampNanos(*now).saturating_add(by).0);
        }
    }

    /// Returns when it is `until`, or earlier; the caller looks at the clock again.
    pub(super) async fn sleep_until(&self, until: TimestampNanos) {
        match &self.0 {
            Source::System => {
                let rest = until.0.saturating_sub(TimestampNanos::now().0).max(0).cast_unsigned();
                tokio::time::sleep(Duration::from_nanos(rest).min(LONGEST_SLEEP)).await;
            }
            Source::Manual(now) => {
                // Fails only when the sender is gone, and this is one.
                let _time = now.subscribe().wait_for(|now| *now >= until.0).await.is_ok();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_wakes_who_sleeps() {
        let clock = Clock::manual(100);
        let sleeper = clock.clone();
        let woken = tokio::spawn(async move { sleeper.sleep_until(TimestampNanos::from_secs(160)).await });
        clock.advance(Duration::from_secs(59));
        assert!(!woken.is_finished());
        clock.advance(Duration::from_secs(1));
        woken.await.unwrap();
        assert_eq!(clock.now(), TimestampNanos::from_secs(160));
    }
}
