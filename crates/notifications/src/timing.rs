//! Mute timings: ranges of the clock, the week and the calendar in which nobody is told, or only in which.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::policy::list;

const INTERVALS_MAX: usize = 100;
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Why a timing cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {text:?} is not {expected}")]
pub struct TimingError {
    key: &'static str,
    text: String,
    expected: &'static str,
}

/// As it is written, in JSON and YAML.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeInterval {
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<TimeRange>,
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<String>,
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub days_of_month: Vec<String>,
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub months: Vec<String>,
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub years: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeRange {
    pub start_time: String,
    pub end_time: String,
}

/// Inclusive ranges.
type Ranges = Vec<(i32, i32)>;

/// Ready to be asked. What an interval does not restrict is empty.
#[derive(Debug, Clone)]
struct Interval {
    /// Minutes of the day; the end is not part of it.
    minutes: Ranges,
    weekdays: Ranges,
    days: Ranges,
    months: Ranges,
    years: Ranges,
    zone: TimeZone,
}

/// A mute timing, ready to be asked.
#[derive(Debug, Clone)]
pub struct Timing(Vec<Interval>);

impl Timing {
    pub fn build(intervals: &[TimeInterval]) -> Result<Self, TimingError> {
        if intervals.len() > INTERVALS_MAX {
            let text = intervals.len().to_string();
            return Err(TimingError { key: "time_intervals", text, expected: "at most 100 intervals" });
        }
        intervals.iter().map(build).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the moment is in one of its intervals.
    #[must_use]
    pub fn contains(&self, now_ms: i64) -> bool {
        let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        self.0.iter().any(|interval| interval.contains(now))
    }
}

impl Interval {
    fn contains(&self, now: Timestamp) -> bool {
        let local = self.zone.to_datetime(now);
        let within = |ranges: &Ranges, value: i32| {
            ranges.is_empty() || ranges.iter().any(|(from, to)| (*from..=*to).contains(&value))
        };
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        let in_minutes =
            self.minutes.is_empty() || self.minutes.iter().any(|(from, to)| (*from..*to).contains(&minute));
        in_minutes
            && within(&self.weekdays, i32::from(local.weekday().to_sunday_zero_offset()))
            && self.has_day(local)
            && within(&self.months, i32::from(local.month()))
            && within(&self.years, i32::from(local.year()))
    }

    /// Negative days count from the end of the month; ranges are cut to the month.
    fn has_day(&self, local: DateTime) -> bool {
        let last = i32::from(local.days_in_month());
        let day = i32::from(local.day());
        let absolute = |day: i32| if day < 0 { last + 1 + day } else { day };
        self.days.is_empty()
            || self.days.iter().any(|(from, to)| {
                let (from, to) = (absolute(*from).max(1), absolute(*to).min(last));
                (from..=to).contains(&day)
            })
    }
}

fn build(interval: &TimeInterval) -> Result<Interval, TimingError> {
    let names = |table: &'static [&'static str], first: i32| {
        move |text: &str| {
            let at = table.iter().position(|name| *name == text)?;
            Some(i32::try_from(at).ok()? + first)
        }
    };
    let number = |least: i32, most: i32| {
        move |text: &str| text.parse().ok().filter(|value| (least..=most).contains(value))
    };
    let month = |text: &str| names(&MONTHS, 1)(text).or_else(|| number(1, 12)(text));
    let day = |text: &str| number(-31, 31)(text).filter(|day| *day != 0);
    Ok(Interval {
        minutes: interval.times.iter().map(minutes).collect::<Result<_, _>>()?,
        weekdays: ranges(
            "weekdays",
            &interval.weekdays,
            names(&WEEKDAYS, 0),
            "a day such as monday, or a range",
        )?,
        days: days(&interval.days_of_month, day)?,
        months: ranges("months", &interval.months, month, "a month such as may or 5, or a range")?,
        years: ranges("years", &interval.years, number(0, 9999), "a year, or a range of years")?,
        zone: zone(interval.location.as_deref())?,
    })
}

fn zone(location: Option<&str>) -> Result<TimeZone, TimingError> {
    match location.unwrap_or_default() {
        "" | "UTC" => Ok(TimeZone::UTC),
        "Local" => Ok(TimeZone::system()),
        name => TimeZone::get(name).map_err(|_| TimingError {
            key: "location",
            text: name.to_owned(),
            expected: "UTC, or a time zone that this machine knows (its tzdata)",
        }),
    }
}

/// `HH:MM`, up to `24:00`.
fn minute(text: &str) -> Option<i32> {
    let (hours, minutes) = text.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let valid = (0..=59).contains(&minutes) && ((0..24).contains(&hours) || (hours, minutes) == (24, 0));
    valid.then_some(hours * 60 + minutes)
}

fn minutes(range: &TimeRange) -> Result<(i32, i32), TimingError> {
    match (minute(&range.start_time), minute(&range.end_time)) {
        (Some(from), Some(to)) if from < to => Ok((from, to)),
        _ => Err(TimingError {
            key: "times",
            text: format!("{} to {}", range.start_time, range.end_time),
            expected: "a range from HH:MM to a later HH:MM; past midnight takes two ranges",
        }),
    }
}

/// Single values and `from:to`.
fn ranges(
    key: &'static str,
    texts: &[String],
    value: impl Fn(&str) -> Option<i32>,
    expected: &'static str,
) -> Result<Ranges, TimingError> {
    let parse = |text: &String| {
        let lower = text.trim().to_lowercase();
        let (from, to) = lower.split_once(':').unwrap_or((&lower, &lower));
        let range = value(from).zip(value(to)).filter(|(from, to)| from <= to);
        range.ok_or_else(|| TimingError { key, text: text.clone(), expected })
    };
    texts.iter().map(parse).collect()
}

/// As the others, but what comes first depends on the month when a range mixes signs.
fn days(texts: &[String], value: impl Fn(&str) -> Option<i32>) -> Result<Ranges, TimingError> {
    let parse = |text: &String| {
        let (from, to) = text.trim().split_once(':').unwrap_or((text.trim(), text.trim()));
        let range = value(from).zip(value(to));
        let range = range.filter(|(from, to)| (*from > 0) != (*to > 0) || from <= to);
        range.ok_or_else(|| TimingError {
            key: "days_of_month",
            text: text.clone(),
            expected: "a day from 1 to 31 or -31 to -1 (from the end), or a range",
        })
    };
    texts.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(yaml: &str, moment: &str) -> Result<bool, TimingError> {
        let interval: TimeInterval = serde_json::from_str(yaml).unwrap();
        let now: Timestamp = moment.parse().unwrap();
        Timing::build(&[interval]).map(|timing| timing.contains(now.as_millisecond()))
    }

    #[test]
    fn intervals_hold() {
        for (interval, moment, expected) in [
            ("{}", "2026-11-24T10:00:00Z", true),
            (r#"{"times":[{"start_time":"06:00","end_time":"23:59"}]}"#, "2026-11-24T06:00:00Z", true),
            (r#"{"times":[{"start_time":"06:00","end_time":"23:59"}]}"#, "2026-11-24T23:59:00Z", false),
            (r#"{"times":[{"start_time":"22:00","end_time":"24:00"}]}"#, "2026-11-24T23:59:59Z", true),
            (r#"{"weekdays":["monday:wednesday","saturday"]}"#, "2026-11-24T10:00:00Z", true),
            (r#"{"weekdays":["Sunday"]}"#, "2026-11-24T10:00:00Z", false),
            (r#"{"days_of_month":["1:5","-3:-1"]}"#, "2026-02-26T10:00:00Z", true),
            (r#"{"days_of_month":["-3:-1"]}"#, "2026-02-25T10:00:00Z", false),
            (r#"{"days_of_month":["20:-1"]}"#, "2026-02-28T10:00:00Z", true),
            (r#"{"days_of_month":["31"]}"#, "2026-11-30T10:00:00Z", false),
            (r#"{"days_of_month":["25:31"]}"#, "2026-02-28T10:00:00Z", true),
            (r#"{"months":["1:3","may:august","december"]}"#, "2026-06-01T00:00:00Z", true),
            (r#"{"months":["1:3","may:august","december"]}"#, "2026-11-01T00:00:00Z", false),
            (r#"{"years":["2020:2022","2026"]}"#, "2026-01-01T00:00:00Z", true),
            (r#"{"years":["2020:2022"]}"#, "2026-01-01T00:00:00Z", false),
            (
                r#"{"weekdays":["tuesday"],"times":[{"start_time":"09:00","end_time":"17:00"}],"location":"UTC"}"#,
                "2026-11-24T16:59:59Z",
                true,
            ),
        ] {
            assert_eq!(contains(interval, moment), Ok(expected), "{interval} {moment}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (interval, key) in [
            (r#"{"times":[{"start_time":"6:00","end_time":"07:00"}]}"#, "times"),
            (r#"{"times":[{"start_time":"22:00","end_time":"06:00"}]}"#, "times"),
            (r#"{"times":[{"start_time":"22:00","end_time":"24:01"}]}"#, "times"),
            (r#"{"weekdays":["mon"]}"#, "weekdays"),
            (r#"{"weekdays":["friday:monday"]}"#, "weekdays"),
            (r#"{"days_of_month":["0"]}"#, "days_of_month"),
            (r#"{"days_of_month":["5:1"]}"#, "days_of_month"),
            (r#"{"days_of_month":["32"]}"#, "days_of_month"),
            (r#"{"months":["13"]}"#, "months"),
            (r#"{"years":["x"]}"#, "years"),
            (r#"{"location":"Mars/Olympus"}"#, "location"),
        ] {
            let error = contains(interval, "2026-11-24T10:00:00Z").unwrap_err();
            assert_eq!(error.key, key, "{interval}");
        }
    }
}
