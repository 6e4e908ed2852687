//! Go's time layouts, which spell a format by the reference time `Mon Jan 2 15:04:05 MST 2006`.

use std::fmt::Write as _;

/// A calendar time with its distance from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub time: jiff::civil::DateTime,
    pub offset_secs: i32,
}

/// An element of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    SpaceDay,
    ZeroDay,
    YearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperAmPm,
    LowerAmPm,
    ZoneName,
    /// With `Z` for UTC; with a colon.
    Offset {
        z: bool,
        colon: bool,
        hours_only: bool,
    },
    /// `.000` or `.999`.
    Fraction {
        digits: usize,
        trimmed: bool,
    },
}

const ELEMENTS: [(&str, Element); 32] = [
    ("January", Element::LongMonth),
    ("Jan", Element::Month),
    ("Monday", Element::LongWeekday),
    ("Mon", Element::Weekday),
    ("MST", Element::ZoneName),
    ("002", Element::YearDay),
    ("01", Element::ZeroMonth),
    ("02", Element::ZeroDay),
    ("03", Element::ZeroHour12),
    ("04", Element::ZeroMinute),
    ("05", Element::ZeroSecond),
    ("06", Element::Year),
    ("15", Element::Hour),
    ("1", Element::NumMonth),
    ("2006", Element::LongYear),
    ("2", Element::Day),
    ("_2", Element::SpaceDay),
    ("3", Element::Hour12),
    ("4", Element::Minute),
    ("5", Element::Second),
    ("PM", Element::UpperAmPm),
    ("pm", Element::LowerAmPm),
    ("-07:00:00", Element::Offset { z: false, colon: true, hours_only: false }),
    ("-07:00", Element::Offset { z: false, colon: true, hours_only: false }),
    ("-0700", Element::Offset { z: false, colon: false, hours_only: false }),
    ("-07", Element::Offset { z: false, colon: false, hours_only: true }),
    ("Z07:00:00", Element::Offset { z: true, colon: true, hours_only: false }),
    ("Z07:00", Element::Offset { z: true, colon: true, hours_only: false }),
    ("Z0700", Element::Offset { z: true, colon: false, hours_only: false }),
    ("Z07", Element::Offset { z: true, colon: false, hours_only: true }),
    (".", Element::Fraction { digits: 0, trimmed: false }),
    (",", Element::Fraction { digits: 0, trimmed: false }),
];

/// The element at the start of the text, and its length.
fn element(text: &str) -> Option<(Element, usize)> {
    let (spelling, element) = ELEMENTS.iter().find(|(spelling, _)| text.starts_with(spelling))?;
    match element {
        Element::Fraction { .. } => {
            let digit = text[1..].chars().next().filter(|c| matches!(c, '0' | '9'))?;
            let digits = text[1..].chars().take_while(|c| *c == digit).count();
            // More digits of another kind make it plain text.
            let next = text[1 + digits..].chars().next();
            let ends = next.is_none_or(|c| !c.is_ascii_digit());
            ends.then_some((Element::Fraction { digits, trimmed: digit == '9' }, 1 + digits))
        }
        // `Jan` in `Janus` is no month, but Go says otherwise only for `January`.
        element => Some((*element, spelling.len())),
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Writes a time by a layout.
pub(crate) fn format(layout: &str, civil: Civil, out: &mut String) {
    let mut rest = layout;
    while !rest.is_empty() {
        match element(rest) {
            Some((element, length)) => {
                write_element(element, civil, out);
                rest = &rest[length..];
            }
            None => {
                let length = rest.chars().next().map_or(1, char::len_utf8);
                out.push_str(&rest[..length]);
                rest = &rest[length..];
            }
        }
    }
}

fn write_element(element: Element, civil: Civil, out: &mut String) {
    let time = civil.time;
    let month = MONTHS[(time.month() as usize).clamp(1, 12) - 1];
    let weekday = WEEKDAYS[(time.weekday().to_monday_zero_offset() as usize).min(6)];
    let hour12 = if time.hour() % 12 == 0 { 12 } else { time.hour() % 12 };
    let _infallible = match element {
        Element::LongMonth => write!(out, "{month}"),
        Element::Month => write!(out, "{}", &month[..3]),
        Element::NumMonth => write!(out, "{}", time.month()),
        Element::ZeroMonth => write!(out, "{:02}", time.month()),
        Element::LongWeekday => write!(out, "{weekday}"),
        Element::Weekday => write!(out, "{}", &weekday[..3]),
        Element::Day => write!(out, "{}", time.day()),
        Element::SpaceDay => write!(out, "{:2}", time.day()),
        Element::ZeroDay => write!(out, "{:02}", time.day()),
        Element::YearDay => write!(out, "{:03}", time.day_of_year()),
        Element::Hour => write!(out, "{:02}", time.hour()),
        Element::Hour12 => write!(out, "{hour12}"),
        Element::ZeroHour12 => write!(out, "{hour12:02}"),
        Element::Minute => write!(out, "{}", time.minute()),
        Element::ZeroMinute => write!(out, "{:02}", time.minute()),
        Element::Second => write!(out, "{}", time.second()),
        Element::ZeroSecond => write!(out, "{:02}", time.second()),
        Element::LongYear => write!(out, "{:04}", time.year()),
        Element::Year => write!(out, "{:02}", time.year().rem_euclid(100)),
        Element::UpperAmPm => write!(out, "{}", if time.hour() < 12 { "AM" } else { "PM" }),
        Element::LowerAmPm => write!(out, "{}", if time.hour() < 12 { "am" } else { "pm" }),
        Element::ZoneName if civil.offset_secs == 0 => write!(out, "UTC"),
        Element::ZoneName => write_offset(out, civil.offset_secs, false, false, true),
        Element::Offset { z, colon, hours_only } => {
            write_offset(out, civil.offset_secs, z, colon, hours_only)
        }
        Element::Fraction { digits, trimmed } => {
            let nanos = format!("{:09}", time.subsec_nanosecond());
            let shown = &nanos[..digits.min(9)];
            let shown = if trimmed { shown.trim_end_matches('0') } else { shown };
            if shown.is_empty() { Ok(()) } else { write!(out, ".{shown}") }
        }
    };
}

fn write_offset(
    out: &mut String,
    offset_secs: i32,
    z: bool,
    colon: bool,
    hours_only: bool,
) -> std::fmt::Result {
    if z && offset_secs == 0 {
        return write!(out, "Z");
    }
    let sign = if offset_secs < 0 { '-' } else { '+' };
    let minutes = offset_secs.abs() / 60;
    write!(out, "{sign}{:02}", minutes / 60)?;
    if hours_only {
        return Ok(());
    }
    write!(out, "{}{:02}", if colon { ":" } else { "" }, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_spell_formats() {
        let time = jiff::civil::date(2026, 11, 20).at(10, 0, 1, 250_000_000);
        for (layout, offset_secs, expected) in [
            ("2006-01-02 15:04:05", 0, "2026-11-20 10:00:01"),
            ("2006-01-02T15:04:05.000Z07:00", 0, "2026-11-20T10:00:01.250Z"),
            ("2006-01-02T15:04:05.999999999Z07:00", 3600, "2026-11-20T10:00:01.25+01:00"),
            ("Mon Jan _2 15:04:05 2006", 0, "Fri Nov 20 10:00:01 2026"),
            ("02/Jan/2006:15:04:05 -0700", -12600, "20/Nov/2026:10:00:01 -0330"),
            ("Monday, 2 January 06 3:04PM", 0, "Friday, 20 November 26 10:00AM"),
            ("MST .x", 0, "UTC .x"),
        ] {
            let mut out = String::new();
            format(layout, Civil { time, offset_secs }, &mut out);
            assert_eq!(out, expected, "{layout}");
        }
    }
}
