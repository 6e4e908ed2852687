//! How a fault is set: what was asked for, held against the bounds.

use std::time::{Duration, Instant};

use super::Fault;
use crate::now_ms;

/// Longest time that a fault holds a request up; requests are ended after 15 s anyway.
const MAX_LATENCY_MS: u64 = 10_000;
const MAX_DURATION_S: u64 = 24 * 3600;
/// A fault that nobody thinks of any more is gone after this time.
const DEFAULT_DURATION_S: u64 = 600;

/// What somebody asks for; what is missing takes its default.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Wish {
    /// Above 0, up to 1.
    pub rate: Option<f64>,
    /// Up to ten seconds.
    pub latency_ms: Option<u64>,
    /// One second to a day.
    pub duration_s: Option<u64>,
    /// Whether to keep quiet about it.
    pub is_exercise: bool,
}

/// Why a wish is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// This service does not have the fault.
    #[error("this service does not have the fault {}", .0.name())]
    Foreign(Fault),
    /// Not a share.
    #[error("rate must be a number above 0 and up to 1")]
    Rate,
    /// Too long, or for a fault without a latency.
    #[error("latency_ms must be a whole number up to {MAX_LATENCY_MS}")]
    Latency,
    /// The fault knows no latency.
    #[error("{} has no latency", .0.name())]
    NoLatency(Fault),
    /// Neither too short nor too long.
    #[error("duration_s must be a whole number from 1 to {MAX_DURATION_S}")]
    Duration,
}

impl SettingError {
    /// The field that is wrong.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Foreign(_) => "fault",
            Self::Rate => "rate",
            Self::Latency | Self::NoLatency(_) => "latency_ms",
            Self::Duration => "duration_s",
        }
    }
}

/// How a fault that is on is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// Share of the places it strikes.
    pub rate: f64,
    /// How long it holds things up.
    pub latency: Duration,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    /// Until when.
    pub until_ms: i64,
    /// Whether nobody is told.
    pub is_exercise: bool,
    pub(super) ends: Instant,
    /// Tells this setting from the ones before it.
    pub(super) generation: u64,
}

impl Wish {
    /// The setting from now on, or which field is wrong.
    pub fn check(self, fault: Fault) -> Result<Setting, SettingError> {
        let rate = self.rate.unwrap_or_else(|| fault.default_rate());
        // A comparison that NaN fails.
        if !(rate > 0.0 && rate <= 1.0) {
            return Err(SettingError::Rate);
        }
        let latency_ms = match (self.latency_ms, fault.default_latency_ms()) {
            (Some(_), None) => return Err(SettingError::NoLatency(fault)),
            (wanted, default) => wanted.or(default).unwrap_or_default(),
        };
        if latency_ms > MAX_LATENCY_MS {
            return Err(SettingError::Latency);
        }
        let duration_s = self.duration_s.unwrap_or(DEFAULT_DURATION_S);
        if !(1..=MAX_DURATION_S).contains(&duration_s) {
            return Err(SettingError::Duration);
        }
        let duration = Duration::from_secs(duration_s);
        let since_ms = now_ms();
        Ok(Setting {
            rate,
            latency: Duration::from_millis(latency_ms),
            since_ms,
            until_ms: since_ms + duration.as_millis() as i64,
            is_exercise: self.is_exercise,
            ends: Instant::now() + duration,
            generation: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bounded() {
        let wish = |rate, latency_ms, duration_s| Wish { rate, latency_ms, duration_s, is_exercise: false };
        for (wish, error) in [
            (wish(Some(0.0), None, None), SettingError::Rate),
            (wish(Some(-0.5), None, None), SettingError::Rate),
            (wish(Some(1.01), None, None), SettingError::Rate),
            (wish(Some(f64::NAN), None, None), SettingError::Rate),
            (wish(None, Some(10_001), None), SettingError::Latency),
            (wish(None, None, Some(0)), SettingError::Duration),
            (wish(None, None, Some(86_401)), SettingError::Duration),
        ] {
            assert_eq!(wish.check(Fault::ProductSlowSearch), Err(error), "{wish:?}");
        }
        let error = wish(None, Some(1), None).check(Fault::StockOut).unwrap_err();
        assert_eq!((error, error.field()), (SettingError::NoLatency(Fault::StockOut), "latency_ms"));
        let setting = wish(Some(1.0), Some(10_000), Some(86_400)).check(Fault::ProductSlowSearch).unwrap();
        assert_eq!(setting.until_ms - setting.since_ms, 86_400_000);
        assert_eq!(setting.latency, Duration::from_secs(10));
    }
}
