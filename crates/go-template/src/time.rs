//! Instants, each with the place whose clocks show it.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::layout::{self, Civil};

/// An instant, shown at a distance from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    at: Timestamp,
    offset_secs: i32,
}

impl Time {
    /// The instant, shown in UTC.
    #[must_use]
    pub fn utc(at: Timestamp) -> Self {
        Self { at, offset_secs: 0 }
    }

    /// Milliseconds since 1970, shown in UTC; what no calendar reaches is the beginning of 1970.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self::utc(Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// The instant itself.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        self.at
    }

    /// The same instant as a zone's clocks show it.
    #[must_use]
    pub fn in_zone(self, zone: &TimeZone) -> Self {
        Self { at: self.at, offset_secs: zone.to_offset(self.at).seconds() }
    }

    /// Written by one of Go's layouts, such as `2006-01-02 15:04:05`.
    #[must_use]
    pub fn format(self, layout: &str) -> String {
        let offset = Offset::from_seconds(self.offset_secs).unwrap_or(Offset::UTC);
        let mut out = String::new();
        layout::format(
            layout,
            Civil { time: offset.to_datetime(self.at), offset_secs: self.offset_secs },
            &mut out,
        );
        out
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format("2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}
