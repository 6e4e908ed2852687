//! Go's way to describe a format: how the reference time, Mon Jan 2 15:04:05 MST 2006, would look.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{fraction, offset};

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

/// A layout without any element of a date or a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("format {0:?} has no element of a date or time; write how Mon Jan 2 15:04:05 MST 2006 would look")]
pub struct LayoutError(String);

/// One element of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Element {
    Literal(String),
    Year4,
    Year2,
    MonthName,
    MonthShort,
    /// Number fields; `true` means exactly two digits.
    Month(bool),
    Day(bool),
    Hour(bool),
    Hour12(bool),
    Minute(bool),
    Second(bool),
    YearDay,
    Weekday,
    WeekdayShort,
    HalfDay,
    Fraction,
    Zone,
    Offset,
}

/// Elements by the text that stands for them, longer ones before their beginnings.
const ELEMENTS: [(&str, Element); 33] = [
    ("January", Element::MonthName),
    ("Jan", Element::MonthShort),
    ("Monday", Element::Weekday),
    ("Mon", Element::WeekdayShort),
    ("MST", Element::Zone),
    ("2006", Element::Year4),
    ("-07:00:00", Element::Offset),
    ("-070000", Element::Offset),
    ("-07:00", Element::Offset),
    ("-0700", Element::Offset),
    ("-07", Element::Offset),
    ("Z07:00:00", Element::Offset),
    ("Z070000", Element::Offset),
    ("Z07:00", Element::Offset),
    ("Z0700", Element::Offset),
    ("Z07", Element::Offset),
    ("002", Element::YearDay),
    ("__2", Element::YearDay),
    ("01", Element::Month(true)),
    ("02", Element::Day(true)),
    ("03", Element::Hour12(true)),
    ("04", Element::Minute(true)),
    ("05", Element::Second(true)),
    ("06", Element::Year2),
    ("15", Element::Hour(false)),
    ("_2", Element::Day(false)),
    ("1", Element::Month(false)),
    ("2", Element::Day(false)),
    ("3", Element::Hour12(false)),
    ("4", Element::Minute(false)),
    ("5", Element::Second(false)),
    ("PM", Element::HalfDay),
    ("pm", Element::HalfDay),
];

/// A layout, ready to parse with.
#[derive(Debug, Clone)]
pub struct Layout {
    elements: Vec<Element>,
    zone: TimeZone,
}

/// What was read so far.
#[derive(Debug, Default)]
struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    fraction_ns: i64,
    is_afternoon: Option<bool>,
    offset_s: Option<i64>,
}

impl Layout {
    /// Compiles `layout`; times without a zone of their own are in `zone`.
    pub fn new(layout: &str, zone: TimeZone) -> Result<Self, LayoutError> {
        let mut elements = Vec::new();
        let mut literal = String::new();
        let mut rest = layout;
        while let Some(first) = rest.chars().next() {
            let (element, length) = next_element(rest, elements.last());
            match element {
                Some(element) => {
                    if !literal.is_empty() {
                        elements.push(Element::Literal(std::mem::take(&mut literal)));
                    }
                    elements.push(element);
                    rest = &rest[length..];
                }
                None => {
                    literal.push(first);
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        if elements.is_empty() {
            return Err(LayoutError(layout.to_owned()));
        }
        if !literal.is_empty() {
            elements.push(Element::Literal(literal));
        }
        Ok(Self { elements, zone })
    }

    /// Parses `text` into nanoseconds since 1970. A layout without a year means the year nearest to `now`.
    pub fn parse(&self, text: &str, now: Timestamp) -> Option<i64> {
        let mut fields = Fields::default();
        let mut rest = text;
        for (index, element) in self.elements.iter().enumerate() {
            rest = fields.read(element, rest)?;
            // After seconds a fraction is welcome even where the layout has none.
            let follows = self.elements.get(index + 1);
            if matches!(element, Element::Second(_))
                && follows != Some(&Element::Fraction)
                && rest.starts_with(['.', ','])
                && rest[1..].starts_with(|c: char| c.is_ascii_digit())
            {
                rest = fields.read(&Element::Fraction, rest)?;
            }
        }
        if !rest.is_empty() {
            return None;
        }
        fields.resolve(&self.zone, now)
    }
}

/// The element that `rest` begins with, and its length.
fn next_element(rest: &str, previous: Option<&Element>) -> (Option<Element>, usize) {
    // Only after seconds do `.000` and `,999` mean a fraction.
    if matches!(previous, Some(Element::Second(_))) && rest.starts_with(['.', ',']) {
        let digits = rest[1..].bytes().take_while(|byte| matches!(byte, b'0' | b'9')).count();
        let ends = !rest[1 + digits..].starts_with(|c: char| c.is_ascii_digit());
        if digits > 0 && ends {
            return (Some(Element::Fraction), 1 + digits);
        }
    }
    for (text, element) in &ELEMENTS {
        if rest.starts_with(text) {
            return (Some(element.clone()), text.len());
        }
    }
    (None, 0)
}

impl Fields {
    /// Reads one element from the front of `text`; what remains.
    fn read<'a>(&mut self, element: &Element, text: &'a str) -> Option<&'a str> {
        Some(match element {
            Element::Literal(literal) => return skip_literal(text, literal),
            Element::Year4 => put(&mut self.year, number(text, 4, 4)?),
            Element::Year2 => {
                let (year, rest) = number(text, 2, 2)?;
                self.year = Some(if year >= 69 { 1900 + year } else { 2000 + year });
                rest
            }
            Element::MonthName => put(&mut self.month, name(text, &MONTHS, usize::MAX)?),
            Element::MonthShort => put(&mut self.month, name(text, &MONTHS, 3)?),
            Element::Month(fixed) => put(&mut self.month, two_digits(text, *fixed)?),
            Element::Day(fixed) => put(&mut self.day, two_digits(text.trim_start_matches(' '), *fixed)?),
            Element::YearDay => put(&mut self.year_day, number(text.trim_start_matches(' '), 1, 3)?),
            Element::Hour(fixed) | Element::Hour12(fixed) => set(&mut self.hour, two_digits(text, *fixed)?),
            Element::Minute(fixed) => set(&mut self.minute, two_digits(text, *fixed)?),
            Element::Second(fixed) => set(&mut self.second, two_digits(text, *fixed)?),
            Element::Weekday => name(text, &WEEKDAYS, usize::MAX)?.1,
            Element::WeekdayShort => name(text, &WEEKDAYS, 3)?.1,
            Element::HalfDay => {
                let (half, rest) = text.split_at_checked(2)?;
                self.is_afternoon = Some(half.eq_ignore_ascii_case("PM"));
                (half.eq_ignore_ascii_case("AM") || half.eq_ignore_ascii_case("PM")).then_some(rest)?
            }
            Element::Fraction => {
                let after = text.strip_prefix(['.', ','])?;
                let (fraction_ns, rest) = fraction(after.as_bytes())?;
                self.fraction_ns = fraction_ns;
                &after[after.len() - rest.len()..]
            }
            Element::Zone => self.read_zone(text)?,
            Element::Offset => {
                let end =
                    text.find(|c: char| !c.is_ascii_digit() && !"+-:Zz".contains(c)).unwrap_or(text.len());
                self.offset_s = Some(offset(&text.as_bytes()[..end])?);
                &text[end..]
            }
        })
    }

    /// An abbreviation. Only UTC's names say what they mean; others leave the layout's zone in force.
    fn read_zone<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let end = text.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(text.len());
        if !(1..=5).contains(&end) {
            return None;
        }
        if matches!(&text[..end], "UTC" | "GMT" | "Z") {
            self.offset_s = Some(0);
        }
        Some(&text[end..])
    }

    fn resolve(&self, zone: &TimeZone, now: Timestamp) -> Option<i64> {
        let hour = match self.is_afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        let year = self.year.unwrap_or_else(|| nearest_year(month, now, zone));
        let date_time = DateTime::new(
            i16::try_from(year).ok()?,
            i8::try_from(month).ok()?,
            i8::try_from(day).ok()?,
            i8::try_from(hour).ok()?,
            i8::try_from(self.minute).ok()?,
            i8::try_from(self.second).ok()?,
            i32::try_from(self.fraction_ns).ok()?,
        )
        .ok()?;
        let date_time = match self.year_day {
            Some(year_day) => date_time.with().day_of_year(i16::try_from(year_day).ok()?).build().ok()?,
            None => date_time,
        };
        let local_ns = |zone: &TimeZone| {
            date_time.to_zoned_datetime(zone.clone()).ok().map(|time| time.timestamp().as_nanosecond())
        };
        let nanoseconds = match self.offset_s {
            Some(offset_s) => local_ns(&TimeZone::UTC)? - i128::from(offset_s) * i128::from(super::SECOND_NS),
            None => local_ns(zone)?,
        };
        i64::try_from(nanoseconds).ok()
    }
}

/// This year, but across New Year the year that the month belongs to.
fn nearest_year(month: i64, now: Timestamp, zone: &TimeZone) -> i64 {
    let today = now.to_zoned_datetime(zone.clone());
    let year = i64::from(today.year());
    match (i64::from(today.month()), month) {
        (1, 12) => year - 1,
        (12, 1) => year + 1,
        _ => year,
    }
}

fn put<'a>(field: &mut Option<i64>, (value, rest): (i64, &'a str)) -> &'a str {
    *field = Some(value);
    rest
}

fn set<'a>(field: &mut i64, (value, rest): (i64, &'a str)) -> &'a str {
    *field = value;
    rest
}

/// A run of spaces in the layout matches any run of spaces.
fn skip_literal<'a>(text: &'a str, literal: &str) -> Option<&'a str> {
    let mut rest = text;
    for c in literal.chars() {
        if c == ' ' {
            rest = rest.trim_start_matches(' ');
        } else {
            rest = rest.strip_prefix(c)?;
        }
    }
    Some(rest)
}

fn two_digits(text: &str, fixed: bool) -> Option<(i64, &str)> {
    number(text, if fixed { 2 } else { 1 }, 2)
}

fn number(text: &str, min: usize, max: usize) -> Option<(i64, &str)> {
    let count = text.bytes().take(max).take_while(u8::is_ascii_digit).count();
    if count < min {
        return None;
    }
    Some((text[..count].parse().ok()?, &text[count..]))
}

/// One of `names`, of which `length` letters are written; its number from 1.
fn name<'a>(text: &'a str, names: &[&str], length: usize) -> Option<(i64, &'a str)> {
    names.iter().zip(1..).find_map(|(name, index)| {
        let written = &name[..length.min(name.len())];
        let (head, rest) = text.split_at_checked(written.len())?;
        head.eq_ignore_ascii_case(written).then_some((index, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(layout: &str, zone: &str, text: &str) -> Option<String> {
        let now: Timestamp = "2026-01-05T00:00:00Z".parse().unwrap();
        let layout = Layout::new(layout, TimeZone::get(zone).unwrap()).unwrap();
        let nanoseconds = layout.parse(text, now)?;
        Some(Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap().to_string())
    }

    #[test]
    fn layouts() {
        for (layout, text, expected) in [
            ("2006-01-02 15:04:05", "2026-11-24 08:09:10", "2026-11-24T08:09:10Z"),
            ("2006-01-02 15:04:05", "2026-11-24 08:09:10.25", "2026-11-24T08:09:10.25Z"),
            ("2006-01-02T15:04:05.000Z07:00", "2026-11-24T08:09:10.123+02:00", "2026-11-24T06:09:10.123Z"),
            ("2006-01-02 15:04:05,000", "2026-11-24 08:09:10,007", "2026-11-24T08:09:10.007Z"),
            ("02/Jan/2006:15:04:05 -0700", "24/Nov/2026:08:09:10 +0100", "2026-11-24T07:09:10Z"),
            ("Mon Jan _2 15:04:05 2006", "Tue Nov  3 08:09:10 2026", "2026-11-03T08:09:10Z"),
            ("Mon, 02 Jan 2006 15:04:05 MST", "Tue, 24 Nov 2026 08:09:10 GMT", "2026-11-24T08:09:10Z"),
            ("Monday, 02-Jan-06 15:04:05 MST", "Tuesday, 24-Nov-26 08:09:10 UTC", "2026-11-24T08:09:10Z"),
            ("Jan 2 2006 3:04PM", "nov 4 2026 1:05pm", "2026-11-04T13:05:00Z"),
            ("2006-002 15h", "2026-032 07h", "2026-02-01T07:00:00Z"),
            ("Jan _2 15:04:05", "Dec 31 23:59:59", "2025-12-31T23:59:59Z"),
            ("Jan _2 15:04:05", "Jan  4 23:59:59", "2026-01-04T23:59:59Z"),
        ] {
            assert_eq!(parse(layout, "UTC", text).as_deref(), Some(expected), "{layout}: {text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (layout, text) in [
            ("2006-01-02", "2026-11-24 rest"),
            ("2006-01-02", "2026-11"),
            ("2006-01-02", "2026-02-30"),
            ("Jan 2", "Foo 2"),
            ("15:04 -0700", "08:00 0700"),
            ("January", "é"),
        ] {
            assert_eq!(parse(layout, "UTC", text), None, "{layout}: {text}");
        }
        assert!(Layout::new("no time", TimeZone::UTC).is_err());
    }

    #[test]
    fn times_without_a_zone_are_local() {
        let local = parse("2006-01-02 15:04", "Europe/Madrid", "2026-07-01 12:00");
        assert_eq!(local.as_deref(), Some("2026-07-01T10:00:00Z"));
    }
}
