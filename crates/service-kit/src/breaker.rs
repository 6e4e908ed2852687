//! Circuit breaker: a failing service is left alone for a while instead of making every caller wait for it.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// When a circuit opens and for how long.
#[derive(Debug, Clone, Copy)]
pub struct BreakerConfig {
    /// This many failures in a row open the circuit.
    pub failures: u32,
    /// So long no call goes through; then one is tried.
    pub pause: Duration,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self { failures: 5, pause: Duration::from_secs(3) }
    }
}

/// The circuit of one dependency.
#[derive(Debug)]
pub struct Breaker {
    config: BreakerConfig,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One call is on its way to find out; it gives up its place at `until`, should it never report back.
    Trying {
        until: Instant,
    },
}

/// A change that is worth a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing to say.
    None,
    /// Calls are refused from now on.
    Opened,
    /// Calls go through again.
    Closed,
}

impl Breaker {
    /// A closed circuit.
    pub fn new(config: BreakerConfig) -> Self {
        Self { config, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Lets a call through, or says how long to wait.
    pub fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state.lock();
        match *state {
            State::Closed { .. } => Ok(()),
            State::Open { until } | State::Trying { until } if now < until => Err(until - now),
            State::Open { .. } | State::Trying { .. } => {
                *state = State::Trying { until: now + self.config.pause };
                Ok(())
            }
        }
    }

    /// A call got an answer.
    pub fn succeeded(&self) -> Change {
        let mut state = self.state.lock();
        let was_closed = matches!(*state, State::Closed { .. });
        *state = State::Closed { failures: 0 };
        if was_closed { Change::None } else { Change::Closed }
    }

    /// A call failed.
    pub fn failed(&self, now: Instant) -> Change {
        let mut state = self.state.lock();
        let open = State::Open { until: now + self.config.pause };
        match *state {
            State::Closed { failures } if failures + 1 < self.config.failures => {
                *state = State::Closed { failures: failures + 1 };
                Change::None
            }
            State::Closed { .. } => {
                *state = open;
                Change::Opened
            }
            State::Trying { .. } => {
                *state = open;
                Change::None
            }
            State::Open { .. } => Change::None,
        }
    }

    /// True while calls are refused.
    pub fn is_open(&self) -> bool {
        !matches!(*self.state.lock(), State::Closed { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circuit_opens_tries_and_closes() {
        let pause = Duration::from_secs(3);
        let breaker = Breaker::new(BreakerConfig { failures: 2, pause });
        let start = Instant::now();
        assert_eq!(breaker.failed(start), Change::None);
        assert_eq!(breaker.succeeded(), Change::None, "a success starts the count anew");
        assert_eq!(breaker.failed(start), Change::None);
        assert_eq!(breaker.failed(start), Change::Opened);
        assert_eq!(breaker.admit(start), Err(pause));

        let later = start + pause;
        assert_eq!(breaker.admit(later), Ok(()), "one call is tried");
        assert!(breaker.admit(later).is_err(), "and no other meanwhile");
        assert_eq!(breaker.failed(later), Change::None);
        assert!(breaker.admit(later).is_err());

        let much_later = later + pause;
        assert_eq!(breaker.admit(much_later), Ok(()));
        assert_eq!(breaker.succeeded(), Change::Closed);
        assert_eq!(breaker.admit(much_later), Ok(()));
    }

    #[test]
    fn a_try_that_never_reports_does_not_block_the_circuit() {
        let pause = Duration::from_secs(1);
        let breaker = Breaker::new(BreakerConfig { failures: 1, pause });
        let start = Instant::now();
        assert_eq!(breaker.failed(start), Change::Opened);
        assert_eq!(breaker.admit(start + pause), Ok(()));
        assert_eq!(breaker.admit(start + pause * 2), Ok(()));
    }
}
