//! Reading times by a layout.

use crate::gotext::layout::{Element, MONTHS, WEEKDAYS, element};

/// What a text says by a layout; what it does not say has the values of year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub time: jiff::civil::DateTime,
    /// `None` when the text has no offset.
    pub offset_secs: Option<i32>,
}

/// Reads a time by a layout.
pub(crate) fn parse(layout: &str, text: &str) -> Option<Parsed> {
    let mut reader = Reader { rest: text, fields: Fields::default() };
    let mut layout = layout;
    while !layout.is_empty() {
        if let Some((element, length)) = element(layout) {
            reader.read(element)?;
            // Fractions of a second may stand in the text without being asked for.
            if matches!(element, Element::Second | Element::ZeroSecond)
                && !layout[length..].starts_with(['.', ','])
            {
                reader.optional_fraction();
            }
            layout = &layout[length..];
        } else {
            let c = layout.chars().next()?;
            if c == ' ' {
                layout = layout.trim_start_matches(' ');
                reader.rest = reader.rest.trim_start_matches(' ');
                continue;
            }
            reader.rest = reader.rest.strip_prefix(c)?;
            layout = &layout[c.len_utf8()..];
        }
    }
    if reader.rest.is_empty() { reader.fields.finish() } else { None }
}

struct Fields {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    nanos: i32,
    afternoon: Option<bool>,
    offset_secs: Option<i32>,
}

impl Default for Fields {
    fn default() -> Self {
        let (year, month, day) = (0, 1, 1);
        Self { year, month, day, hour: 0, minute: 0, second: 0, nanos: 0, afternoon: None, offset_secs: None }
    }
}

impl Fields {
    fn finish(self) -> Option<Parsed> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let time = jiff::civil::DateTime::new(
            self.year,
            self.month,
            self.day,
            hour,
            self.minute,
            self.second,
            self.nanos,
        );
        Some(Parsed { time: time.ok()?, offset_secs: self.offset_secs })
    }
}

struct Reader<'a> {
    rest: &'a str,
    fields: Fields,
}

impl Reader<'_> {
    /// Between `least` and `most` digits.
    fn digits(&mut self, least: usize, most: usize) -> Option<i32> {
        let count = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if count < least {
            return None;
        }
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        digits.parse().ok()
    }

    fn name(&mut self, names: &[&str], short: bool) -> Option<i8> {
        let position = names.iter().position(|name| {
            let name = if short { &name[..3] } else { name };
            self.rest.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
        })?;
        self.rest = &self.rest[if short { 3 } else { names[position].len() }..];
        i8::try_from(position + 1).ok()
    }

    fn read(&mut self, element: Element) -> Option<()> {
        match element {
            Element::LongMonth => self.fields.month = self.name(&MONTHS, false)?,
            Element::Month => self.fields.month = self.name(&MONTHS, true)?,
            Element::NumMonth => self.fields.month = self.digits(1, 2)? as i8,
            Element::ZeroMonth => self.fields.month = self.digits(2, 2)? as i8,
            Element::LongWeekday => {
                self.name(&WEEKDAYS, false)?;
            }
            Element::Weekday => {
                self.name(&WEEKDAYS, true)?;
            }
            Element::Day => self.fields.day = self.digits(1, 2)? as i8,
            Element::SpaceDay => {
                self.rest = self.rest.trim_start_matches(' ');
                self.fields.day = self.digits(1, 2)? as i8;
            }
            Element::ZeroDay => self.fields.day = self.digits(2, 2)? as i8,
            Element::YearDay => {
                self.digits(3, 3)?;
            }
            Element::Hour | Element::ZeroHour12 => self.fields.hour = self.digits(2, 2)? as i8,
            Element::Hour12 => self.fields.hour = self.digits(1, 2)? as i8,
            Element::Minute => self.fields.minute = self.digits(1, 2)? as i8,
            Element::ZeroMinute => self.fields.minute = self.digits(2, 2)? as i8,
            Element::Second => self.fields.second = self.digits(1, 2)? as i8,
            Element::ZeroSecond => self.fields.second = self.digits(2, 2)? as i8,
            Element::LongYear => self.fields.year = self.digits(4, 4)? as i16,
            Element::Year => {
                let year = self.digits(2, 2)? as i16;
                self.fields.year = if year >= 69 { 1900 + year } else { 2000 + year };
            }
            Element::UpperAmPm | Element::LowerAmPm => {
                let half = self.rest.get(..2)?.to_ascii_lowercase();
                self.fields.afternoon = Some(match half.as_str() {
                    "am" => false,
                    "pm" => true,
                    _ => return None,
                });
                self.rest = &self.rest[2..];
            }
            Element::ZoneName => {
                let end = self.rest.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(self.rest.len());
                if end < 3 {
                    return None;
                }
                // Names of zones other than UTC carry no reliable offset.
                self.fields.offset_secs = Some(0);
                self.rest = &self.rest[end..];
            }
            Element::Offset { z, colon, hours_only } => self.offset(z, colon, hours_only)?,
            Element::Fraction { .. } => self.optional_fraction(),
        }
        Some(())
    }

    fn offset(&mut self, z: bool, colon: bool, hours_only: bool) -> Option<()> {
        if z && let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            self.fields.offset_secs = Some(0);
            return Some(());
        }
        let sign = match self.rest.chars().next()? {
            '+' => 1,
            '-' => -1,
            _ => return None,
        };
        self.rest = &self.rest[1..];
        let hours = self.digits(2, 2)?;
        if colon && !hours_only {
            self.rest = self.rest.strip_prefix(':')?;
        }
        let minutes = if hours_only { 0 } else { self.digits(2, 2)? };
        self.fields.offset_secs = Some(sign * (hours * 3600 + minutes * 60));
        Some(())
    }

    fn optional_fraction(&mut self) {
        let Some(body) = self.rest.strip_prefix(['.', ',']) else { return };
        let count = body.bytes().take_while(u8::is_ascii_digit).count();
        if count > 0 {
            let nine: String = body[..count].chars().chain("000000000".chars()).take(9).collect();
            self.fields.nanos = nine.parse().unwrap_or_default();
            self.rest = &body[count..];
        }
    }
}
