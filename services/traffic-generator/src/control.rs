//! The switch: whether traffic flows, and how fast.

use tokio::sync::watch;

/// Slowest and fastest rate that can be set.
pub const RATES: std::ops::RangeInclusive<f64> = 0.01..=50.0;

/// The position of the switch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    pub running: bool,
    /// 1 is the usual rhythm, 2 twice as fast.
    pub rate: f64,
}

/// A rate that is not a sensible number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("rate must be a number between {} and {}", RATES.start(), RATES.end())]
pub struct BadRate;

/// Checks a rate.
pub fn check_rate(rate: f64) -> Result<f64, BadRate> {
    if RATES.contains(&rate) { Ok(rate) } else { Err(BadRate) }
}

/// The switch, shared by the API and all lanes.
#[derive(Debug, Clone)]
pub struct Control(watch::Sender<Position>);

impl Control {
    pub fn new(rate: f64) -> Self {
        Self(watch::Sender::new(Position { running: true, rate }))
    }

    /// The position now.
    pub fn position(&self) -> Position {
        *self.0.borrow()
    }

    /// Told of every change from now on.
    pub fn watch(&self) -> watch::Receiver<Position> {
        self.0.subscribe()
    }

    /// Lets traffic flow or stops it.
    pub fn set_running(&self, running: bool) -> Position {
        self.0.send_modify(|position| position.running = running);
        self.position()
    }

    /// Changes the rate.
    pub fn set_rate(&self, rate: f64) -> Result<Position, BadRate> {
        let rate = check_rate(rate)?;
        self.0.send_modify(|position| position.rate = rate);
        Ok(self.position())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_checked_and_changes_are_seen() {
        let control = Control::new(1.0);
        let mut watch = control.watch();
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 51.0] {
            assert_eq!(control.set_rate(rate), Err(BadRate), "{rate}");
        }
        assert!(!watch.has_changed().unwrap());
        assert_eq!(control.set_rate(2.5).unwrap().rate, 2.5);
        assert!(!control.set_running(false).running);
        assert_eq!(*watch.borrow_and_update(), Position { running: false, rate: 2.5 });
    }
}
