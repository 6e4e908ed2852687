//! Instants in templates.

use std::fmt::{self, Display, Formatter};

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use crate::gotext::layout::{self, Civil};

/// An instant, shown at a distance from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    /// Nanoseconds since the Unix epoch.
    pub nanos: i128,
    pub offset_secs: i32,
}

/// What a text that is no time becomes: the first instant of year 1.
const ZERO: Time = Time { nanos: -62_135_596_800_000_000_000, offset_secs: 0 };

impl Time {
    pub(crate) fn utc(nanos: i64) -> Self {
        Self { nanos: i128::from(nanos), offset_secs: 0 }
    }

    pub(crate) fn now() -> Self {
        Self { nanos: Timestamp::now().as_nanosecond(), offset_secs: 0 }
    }

    pub(crate) fn seconds(self) -> i128 {
        self.nanos.div_euclid(1_000_000_000)
    }

    fn civil(self) -> Civil {
        let timestamp = Timestamp::from_nanosecond(self.nanos).unwrap_or(Timestamp::UNIX_EPOCH);
        let offset = Offset::from_seconds(self.offset_secs).unwrap_or(Offset::UTC);
        Civil { time: offset.to_datetime(timestamp), offset_secs: self.offset_secs }
    }

    pub(crate) fn format(self, layout: &str) -> String {
        let mut out = String::new();
        layout::format(layout, self.civil(), &mut out);
        out
    }

    /// Reads a time by a layout; a text without an offset is taken to be of `zone`. What can't be read becomes year 1.
    pub(crate) fn parse(layout: &str, text: &str, zone: &str) -> Self {
        let Some(parsed) = layout::parse(layout, text) else { return ZERO };
        let zone = match parsed.offset_secs {
            Some(offset) => Offset::from_seconds(offset).map(Offset::to_time_zone).ok(),
            // An unknown zone counts as UTC.
            None => TimeZone::get(zone).ok(),
        };
        let zone = zone.unwrap_or(TimeZone::UTC);
        match zone.to_timestamp(parsed.time) {
            Ok(timestamp) => {
                let offset_secs = zone.to_offset(timestamp).seconds();
                Self { nanos: timestamp.as_nanosecond(), offset_secs }
            }
            Err(_) => ZERO,
        }
    }
}

impl Display for Time {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format("2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}
