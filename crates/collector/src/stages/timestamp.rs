//! `timestamp`: sets the entry's time from an extracted value.

use std::collections::HashMap;

use jiff::Timestamp as Instant;
use jiff::tz::TimeZone;

use crate::config::{TimestampConfig, TimestampFailure};
use crate::entry::Entry;
use crate::labels::LabelSet;
use crate::pipeline::{Context, Stage, Verdict};
use crate::timefmt::{Layout, UnixUnit, parse_rfc3339, parse_unix};

/// Label sets whose last time is remembered at most.
const MAX_REMEMBERED: usize = 10_000;

/// See the module.
pub struct Timestamp {
    source: String,
    formats: Vec<Format>,
    on_failure: TimestampFailure,
    last: HashMap<LabelSet, i64>,
}

enum Format {
    Rfc3339,
    Unix(UnixUnit),
    Layout(Layout),
}

impl Format {
    fn new(name: &str, zone: &TimeZone) -> Result<Self, String> {
        let layout = match name {
            "RFC3339" | "RFC3339Nano" => return Ok(Self::Rfc3339),
            "Unix" => return Ok(Self::Unix(UnixUnit::Seconds)),
            "UnixMs" => return Ok(Self::Unix(UnixUnit::Milliseconds)),
            "UnixUs" => return Ok(Self::Unix(UnixUnit::Microseconds)),
            "UnixNs" => return Ok(Self::Unix(UnixUnit::Nanoseconds)),
            "ANSIC" => "Mon Jan _2 15:04:05 2006",
            "UnixDate" => "Mon Jan _2 15:04:05 MST 2006",
            "RubyDate" => "Mon Jan 02 15:04:05 -0700 2006",
            "RFC822" => "02 Jan 06 15:04 MST",
            "RFC822Z" => "02 Jan 06 15:04 -0700",
            "RFC850" => "Monday, 02-Jan-06 15:04:05 MST",
            "RFC1123" => "Mon, 02 Jan 2006 15:04:05 MST",
            "RFC1123Z" => "Mon, 02 Jan 2006 15:04:05 -0700",
            layout => layout,
        };
        Layout::new(layout, zone.clone()).map(Self::Layout).map_err(|error| error.to_string())
    }

    fn parse(&self, text: &str) -> Option<i64> {
        match self {
            Self::Rfc3339 => parse_rfc3339(text),
            Self::Unix(unit) => parse_unix(text, *unit),
            Self::Layout(layout) => layout.parse(text, Instant::now()),
        }
    }
}

impl Timestamp {
    pub fn new(config: &TimestampConfig) -> Result<Self, String> {
        let zone = match config.location.as_deref().filter(|name| !name.is_empty()) {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|error| format!("location {name:?}: {error}"))?,
        };
        let names = std::iter::once(&config.format).chain(&config.fallback_formats);
        Ok(Self {
            source: config.source.clone(),
            formats: names.map(|name| Format::new(name, &zone)).collect::<Result<_, _>>()?,
            on_failure: config.action_on_failure,
            last: HashMap::new(),
        })
    }

    /// Later lines that fail get a time close to this one.
    fn remember(&mut self, entry: &Entry) {
        if self.on_failure == TimestampFailure::Skip {
            return;
        }
        if let Some(last) = self.last.get_mut(&entry.labels) {
            *last = entry.timestamp_ns;
            return;
        }
        if self.last.len() >= MAX_REMEMBERED {
            self.last.clear();
        }
        self.last.insert(entry.labels.clone(), entry.timestamp_ns);
    }

    fn fail(&mut self, entry: &mut Entry) {
        if self.on_failure == TimestampFailure::Fudge
            && let Some(last) = self.last.get_mut(&entry.labels)
        {
            *last += 1;
            entry.timestamp_ns = *last;
        }
    }
}

impl Stage for Timestamp {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        let parsed = entry
            .text(&self.source)
            .and_then(|text| self.formats.iter().find_map(|format| format.parse(&text)));
        match parsed {
            Some(timestamp_ns) => {
                entry.timestamp_ns = timestamp_ns;
                self.remember(entry);
            }
            None => self.fail(entry),
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, run, table};

    fn stages(options: &str) -> String {
        format!(
            "[{{json: {{expressions: {{t: }}}}}}, {{timestamp: {{source: t, {options}}}}}, {{output: {{source: t}}}}]"
        )
    }

    #[test]
    fn formats() {
        for (format, time, expected) in [
            ("RFC3339", r#""2026-11-24T09:00:00+01:00""#, "2026-11-24T08:00:00Z"),
            ("RFC3339Nano", r#""2026-11-24T08:00:00.000000001Z""#, "2026-11-24T08:00:00.000000001Z"),
            ("Unix", "1795507200", "2026-11-24T08:00:00Z"),
            ("Unix", r#""1795507200.5""#, "2026-11-24T08:00:00.5Z"),
            ("UnixMs", "1795507200001", "2026-11-24T08:00:00.001Z"),
            ("UnixUs", "1795507200000001", "2026-11-24T08:00:00.000001Z"),
            ("UnixNs", "1795507200000000001", "2026-11-24T08:00:00.000000001Z"),
            ("ANSIC", r#""Tue Nov 24 08:00:00 2026""#, "2026-11-24T08:00:00Z"),
            ("UnixDate", r#""Tue Nov 24 08:00:00 UTC 2026""#, "2026-11-24T08:00:00Z"),
            ("RubyDate", r#""Tue Nov 24 08:00:00 -0100 2026""#, "2026-11-24T09:00:00Z"),
            ("RFC822", r#""24 Nov 26 08:00 UTC""#, "2026-11-24T08:00:00Z"),
            ("RFC822Z", r#""24 Nov 26 08:00 +0000""#, "2026-11-24T08:00:00Z"),
            ("RFC850", r#""Tuesday, 24-Nov-26 08:00:00 UTC""#, "2026-11-24T08:00:00Z"),
            ("RFC1123", r#""Tue, 24 Nov 2026 08:00:00 GMT""#, "2026-11-24T08:00:00Z"),
            ("RFC1123Z", r#""Tue, 24 Nov 2026 09:00:00 +0100""#, "2026-11-24T08:00:00Z"),
            ("'2006-01-02 15:04:05'", r#""2026-11-24 08:00:00""#, "2026-11-24T08:00:00Z"),
        ] {
            let out = run(&stages(&format!("format: {format}")), &[&format!("{{\"t\":{time}}}")]);
            assert!(out[0].ends_with(&format!(" | @{expected}")), "{format}: {out:?}");
        }
    }

    #[test]
    fn location_and_fallbacks() {
        table(
            &stages(
                "format: RFC3339, fallback_formats: [UnixMs, '2006-01-02 15:04'], location: America/Lima",
            ),
            &[
                (r#"{"t":"2026-11-24 03:00"}"#, "2026-11-24 03:00 | @2026-11-24T08:00:00Z"),
                (r#"{"t":1795507200000}"#, "1795507200000 | @2026-11-24T08:00:00Z"),
            ],
        );
    }

    #[test]
    fn failures_follow_the_last_time_or_keep_the_reading_time() {
        let lines = [r#"{"t":"2026-11-24T08:00:00Z"}"#, r#"{"t":"later"}"#, r#"{"t":"later"}"#];
        assert_eq!(
            run(&stages("format: RFC3339"), &lines)[1..],
            ["later | @2026-11-24T08:00:00.000000001Z", "later | @2026-11-24T08:00:00.000000002Z"]
        );
        assert_eq!(run(&stages("format: RFC3339, action_on_failure: skip"), &lines)[1..], ["later", "later"]);
    }

    #[test]
    fn options_are_checked() {
        assert!(problem("[{timestamp: {source: t, format: nothing}}]").contains("nothing"));
        assert!(
            problem("[{timestamp: {source: t, format: Unix, location: Atlantis/Here}}]").contains("Atlantis")
        );
    }
}
