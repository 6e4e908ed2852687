//! Leaves a service alone that cannot be reached: first for a second, then longer and longer. One line says when it
//! went away and one when it is back, however many calls failed in between.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use service_kit::emit;

use crate::shop::Target;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// One lost call is bad luck; so many in a row mean that the service is away.
const PATIENCE: u32 = 3;

#[derive(Debug, Clone, Copy, Default)]
struct State {
    failures: u32,
    closed_until: Option<Instant>,
}

/// The gates of all services.
#[derive(Debug, Default)]
pub struct Gates([Mutex<State>; Target::ALL.len()]);

/// What a call's result changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Closed { pause: Duration },
    Opened,
}

impl State {
    /// Whether a call may go out. When a pause is over, one caller gets through and the rest wait for its result.
    fn admit(&mut self, now: Instant) -> bool {
        match self.closed_until {
            Some(until) if now < until => false,
            Some(_) => {
                self.closed_until = Some(now + self.pause());
                true
            }
            None => true,
        }
    }

    fn pause(&self) -> Duration {
        let doublings = self.failures.saturating_sub(PATIENCE).min(10);
        (FIRST_PAUSE * 2u32.pow(doublings)).min(LONGEST_PAUSE)
    }

    fn failed(&mut self, now: Instant) -> Change {
        self.failures = self.failures.saturating_add(1);
        if self.failures < PATIENCE {
            return Change::None;
        }
        let pause = self.pause();
        self.closed_until = Some(now + pause);
        if self.failures == PATIENCE { Change::Closed { pause } } else { Change::None }
    }

    fn succeeded(&mut self) -> Change {
        let was_closed = self.closed_until.is_some();
        *self = Self::default();
        if was_closed { Change::Opened } else { Change::None }
    }
}

impl Gates {
    /// Whether all of `targets` may be called.
    pub fn admit(&self, targets: &[Target]) -> bool {
        let now = Instant::now();
        targets.iter().all(|target| self.0[*target as usize].lock().admit(now))
    }

    /// Whether a service is thought to be there.
    pub fn is_open(&self, target: Target) -> bool {
        self.0[target as usize].lock().closed_until.is_none()
    }

    /// A service answered, whatever the answer.
    pub fn succeeded(&self, target: Target) {
        let change = self.0[target as usize].lock().succeeded();
        if change == Change::Opened {
            let service = target.name();
            emit!(TrafficResumed { target = service }, "{service} is back");
        }
    }

    /// A service could not be reached.
    pub fn failed(&self, target: Target) {
        let change = self.0[target as usize].lock().failed(Instant::now());
        if let Change::Closed { pause } = change {
            let service = target.name();
            let wait_ms = pause.as_millis() as u64;
            emit!(TrafficPaused { target = service, wait_ms }, "{service} cannot be reached: leaving it alone");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_one_caller_probes() {
        let mut state = State::default();
        let mut now = Instant::now();
        assert_eq!(state.failed(now), Change::None);
        assert_eq!(state.failed(now), Change::None);
        assert!(state.admit(now));
        assert_eq!(state.failed(now), Change::Closed { pause: FIRST_PAUSE });
        assert!(!state.admit(now));
        for expected in [2, 4, 8, 16, 30, 30] {
            now = state.closed_until.unwrap();
            assert!(state.admit(now), "one probe");
            assert!(!state.admit(now), "and only one");
            assert_eq!(state.failed(now), Change::None, "said once");
            assert_eq!(state.closed_until.unwrap() - now, Duration::from_secs(expected));
        }
        assert_eq!(state.succeeded(), Change::Opened);
        assert_eq!(state.succeeded(), Change::None);
        assert!(state.admit(now));
    }
}
