//! Points in time and ranges of them, in nanoseconds since the Unix epoch.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Nanoseconds since the Unix epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct TimestampNanos(pub i64);

impl TimestampNanos {
    pub const MIN: Self = Self(i64::MIN);
    pub const MAX: Self = Self(i64::MAX);

    /// The current time of the system's clock.
    pub fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX))
    }

    /// Reads a time such as `2026-11-20T10:00:00.5Z`.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let timestamp: jiff::Timestamp = text.parse().ok()?;
        i64::try_from(timestamp.as_nanosecond()).ok().map(Self)
    }

    pub fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(duration)))
    }

    pub fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

impl fmt::Display for TimestampNanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(timestamp) => timestamp.fmt(f),
            Err(_) => write!(f, "{}ns", self.0),
        }
    }
}

/// The half-open range `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    pub start: TimestampNanos,
    pub end: TimestampNanos,
}

impl TimeRange {
    pub const ALL: Self = Self { start: TimestampNanos::MIN, end: TimestampNanos::MAX };

    pub fn new(start: TimestampNanos, end: TimestampNanos) -> Self {
        Self { start, end }
    }

    pub fn contains(self, at: TimestampNanos) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether any instant from `first` to `last`, both included, lies in the range.
    pub fn overlaps(self, first: TimestampNanos, last: TimestampNanos) -> bool {
        first < self.end && last >= self.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_half_open() {
        let range = TimeRange::new(TimestampNanos(10), TimestampNanos(20));
        for (at, inside) in [(9, false), (10, true), (19, true), (20, false)] {
            assert_eq!(range.contains(TimestampNanos(at)), inside, "{at}");
        }
        assert!(range.overlaps(TimestampNanos(0), TimestampNanos(10)));
        assert!(!range.overlaps(TimestampNanos(20), TimestampNanos(30)));
        assert!(!range.overlaps(TimestampNanos(0), TimestampNanos(9)));
    }
}
