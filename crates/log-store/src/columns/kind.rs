//! How the values of a field are stored: as what all of them are.
//!
//! A kind fits if every value's text can be made anew from what is stored, byte for byte.

use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Whole numbers.
    Integer,
    /// Numbers with up to `scale` decimals: always so many, or (`trimmed`) without zeros at the end.
    Decimal {
        scale: u8,
        trimmed: bool,
    },
    /// Lower-case hexadecimal digits, as so many bytes.
    Hex {
        bytes: u8,
    },
    /// Lower-case UUIDs with hyphens, as bytes.
    Uuid,
    /// RFC 3339 in UTC with `Z` and so many digits of the second.
    Time {
        digits: u8,
    },
    Text,
    /// The row's own time: there is no column.
    RowTime(TimeForm),
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimeForm {
    /// As RFC 3339 in UTC with `Z` and so many digits of the second.
    Rfc3339 { digits: u8 },
    /// Since the epoch, in the unit of so many digits of the second.
    Unix { digits: u8 },
}

/// Seconds, milliseconds, microseconds, nanoseconds.
const UNIX_DIGITS: [u8; 4] = [9, 3, 0, 6];

impl TimeForm {
    /// The form in which the time `nanos` is `text`.
    pub(super) fn of(text: &[u8], nanos: i64) -> Option<Self> {
        if let Some((_, digits)) = time(text).filter(|(own, _)| *own == nanos) {
            return Some(Self::Rfc3339 { digits });
        }
        let forms = UNIX_DIGITS.map(|digits| Self::Unix { digits });
        forms.into_iter().find(|form| form.read(text) == Some(nanos))
    }

    /// The time that is written so as `text`.
    pub(super) fn read(self, text: &[u8]) -> Option<i64> {
        match self {
            Self::Rfc3339 { digits } => time(text).filter(|(_, own)| *own == digits).map(|(nanos, _)| nanos),
            Self::Unix { digits } => integer(text)?.checked_mul(unit(digits)),
        }
    }

    #[inline]
    pub(super) fn write(self, nanos: i64, out: &mut String) {
        match self {
            Self::Rfc3339 { digits } => write_time(nanos, digits, out),
            Self::Unix { digits } => out.push_str(itoa::Buffer::new().format(nanos / unit(digits))),
        }
    }
}

/// Nanoseconds in the last of so many digits of the second.
fn unit(digits: u8) -> i64 {
    10i64.pow(9 - u32::from(digits.min(9)))
}

/// A whole number as it is written without detours.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 19 || (digits[0] == b'0' && (digits.len() > 1 || negative)) {
        return None;
    }
    // 19 digits fit into 64 bits without a sign.
    let mut value = 0u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    let value = i64::try_from(value).ok()?;
    Some(if negative { -value } else { value })
}

/// A number without exponent: all its digits as one number, and how many of them are decimals.
pub(super) fn decimal(text: &[u8]) -> Option<(i64, u8)> {
    let Some(point) = text.iter().position(|byte| *byte == b'.') else {
        return integer(text).map(|value| (value, 0));
    };
    let (whole, decimals) = (&text[..point], &text[point + 1..]);
    let scale = decimals.len();
    if scale == 0 || scale > 9 || whole.len() + scale > 18 {
        return None;
    }
    let negative = whole.first() == Some(&b'-');
    let unsigned = if negative { &whole[1..] } else { whole };
    let mut value = integer(unsigned).filter(|_| unsigned[0] != b'-')?;
    for digit in decimals {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    // The sign of zero would be lost.
    match (negative, value) {
        (true, 0) => None,
        (true, value) => Some((-value, scale as u8)),
        (false, value) => Some((value, scale as u8)),
    }
}

/// Writes what [`decimal`] read, at a common scale.
pub(super) fn write_decimal(value: i64, scale: u8, trimmed: bool, out: &mut String) {
    let (mut digits, mut scale) = (value.unsigned_abs(), u32::from(scale));
    if trimmed {
        while scale > 0 && digits.is_multiple_of(10) {
            digits /= 10;
            scale -= 1;
        }
    }
    if value < 0 {
        out.push('-');
    }
    let unit = 10u64.pow(scale);
    let mut buffer = itoa::Buffer::new();
    out.push_str(buffer.format(digits / unit));
    if scale > 0 {
        let decimals = buffer.format(digits % unit);
        out.push('.');
        (decimals.len()..scale as usize).for_each(|_| out.push('0'));
        out.push_str(decimals);
    }
}

fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// Lower-case hexadecimal digits into as many bytes as `out` has; false if the text is something else.
pub(crate) fn unhex(text: &[u8], out: &mut [u8]) -> bool {
    text.len() == 2 * out.len()
        && out.iter_mut().zip(text.chunks_exact(2)).all(|(out, pair)| {
            let digits = nibble(pair[0]).zip(nibble(pair[1]));
            if let Some((high, low)) = digits {
                *out = high << 4 | low;
            }
            digits.is_some()
        })
}

pub(super) fn write_hex(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// Where the hyphens of a UUID are.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

pub(super) fn uuid(text: &[u8], out: &mut [u8; 16]) -> bool {
    if text.len() != 36 || HYPHENS.iter().any(|at| text[*at] != b'-') {
        return false;
    }
    let mut digits = [0; 32];
    let kept = (0..36).filter(|at| !HYPHENS.contains(at));
    digits.iter_mut().zip(kept).for_each(|(digit, at)| *digit = text[at]);
    unhex(&digits, out)
}

pub(super) fn write_uuid(bytes: &[u8], out: &mut String) {
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        write_hex(std::slice::from_ref(byte), out);
    }
}

const NANOS: i64 = 1_000_000_000;
const DAY: i64 = 86_400;
/// `2026-11-24T07:59:59`
const SECONDS_LENGTH: usize = 19;

/// An RFC 3339 time in UTC, in nanoseconds, with the number of its decimals.
pub(super) fn time(text: &[u8]) -> Option<(i64, u8)> {
    let (seconds, rest) = text.split_at_checked(SECONDS_LENGTH)?;
    let decimals = match rest {
        [b'Z'] => &[][..],
        [b'.', decimals @ .., b'Z'] if (1..=9).contains(&decimals.len()) => decimals,
        _ => return None,
    };
    let fixed = |at: usize, byte: u8| seconds[at] == byte;
    if !(fixed(4, b'-') && fixed(7, b'-') && fixed(10, b'T') && fixed(13, b':') && fixed(16, b':')) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| digits(&seconds[range]);
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let is_date = (1970..2262).contains(&year) && (1..=12).contains(&month) && day >= 1;
    if !is_date || day > days_in(year, month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days_since_epoch(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    let missing = 9 - decimals.len() as u32;
    let fraction = if decimals.is_empty() { 0 } else { digits(decimals)? * 10i64.pow(missing) };
    let nanos = seconds.checked_mul(NANOS)?.checked_add(fraction)?;
    Some((nanos, decimals.len() as u8))
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0i64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| value * 10 + i64::from(digit))
    })
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01, counting years from March so that leap days come last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + day - 1;
    days - 719_468
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

pub(super) fn write_time(nanos: i64, digits: u8, out: &mut String) {
    let (seconds, fraction) = (nanos.div_euclid(NANOS), nanos.rem_euclid(NANOS));
    let (year, month, day) = date_of(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY);
    let mut pad = |value: i64, width: usize, end: char| {
        let mut buffer = itoa::Buffer::new();
        let text = buffer.format(value);
        (text.len()..width).for_each(|_| out.push('0'));
        out.push_str(text);
        out.push(end);
    };
    pad(year, 4, '-');
    pad(month, 2, '-');
    pad(day, 2, 'T');
    pad(second / 3600, 2, ':');
    pad(second / 60 % 60, 2, ':');
    if digits == 0 {
        pad(second % 60, 2, 'Z');
    } else {
        pad(second % 60, 2, '.');
        pad(fraction / 10i64.pow(9 - u32::from(digits)), usize::from(digits), 'Z');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn only_what_can_be_written_again_is_read() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-7", Some(-7)),
            ("123456789012345678", Some(123_456_789_012_345_678)),
            ("007", None),
            ("-0", None),
            ("1795525200000000000", Some(1_795_525_200_000_000_000)),
            ("-9223372036854775807", Some(-i64::MAX)),
            ("9223372036854775808", None),
            ("12345678901234567890", None),
            ("", None),
            ("-", None),
            ("1a", None),
            ("+1", None),
            ("--1", None),
        ] {
            assert_eq!(integer(text.as_bytes()), expected, "{text}");
        }
        for (text, expected) in [
            ("12.50", Some((1250, 2))),
            ("-0.5", Some((-5, 1))),
            ("0.0", Some((0, 1))),
            ("7", Some((7, 0))),
            ("-0.0", None),
            (".5", None),
            ("5.", None),
            ("1.2.3", None),
            ("1e5", None),
            ("01.5", None),
            ("--1.5", None),
            ("1.0000000000", None),
        ] {
            assert_eq!(decimal(text.as_bytes()), expected, "{text}");
        }
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some((0, 0))),
            ("2000-02-29T12:30:45.125Z", Some((951_827_445_125_000_000, 3))),
            ("2001-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-24T24:00:00Z", None),
            ("2026-11-24 07:00:00Z", None),
            ("2026-11-24T07:00:00+00:00", None),
            ("2026-11-24T07:00:00.Z", None),
            ("2026-11-24", None),
        ] {
            assert_eq!(time(text.as_bytes()), expected, "{text}");
        }
        assert!(!unhex(b"0G", &mut [0]) && !unhex(b"AB", &mut [0]) && !unhex(b"abc", &mut [0]));
    }

    proptest! {
        #[test]
        fn numbers_come_back(text in r"-?[0-9]{1,10}(\.[0-9]{1,5})?") {
            if let Some(value) = integer(text.as_bytes()) {
                prop_assert_eq!(value.to_string(), text.clone());
            }
            if let Some((value, scale)) = decimal(text.as_bytes()) {
                prop_assert_eq!(written(|out| write_decimal(value, scale, false, out)), text.clone());
                // At a larger scale, where zeros at the end are dropped.
                if !(text.contains('.') && text.ends_with('0')) {
                    let larger = value * 100;
                    prop_assert_eq!(written(|out| write_decimal(larger, scale + 2, true, out)), text);
                }
            }
        }

        #[test]
        fn times_come_back(nanos in 0i64..9_000_000_000_000_000_000, digits in 0u8..=9) {
            let unit = 10i64.pow(9 - u32::from(digits));
            let nanos = nanos / unit * unit;
            let text = written(|out| write_time(nanos, digits, out));
            prop_assert_eq!(time(text.as_bytes()), Some((nanos, digits)), "{}", text);
            let known: jiff::Timestamp = text.parse().unwrap();
            prop_assert_eq!(known.as_nanosecond(), i128::from(nanos));
        }

        #[test]
        fn times_of_rows_come_back(nanos in -9_000_000_000_000_000_000i64..9_000_000_000_000_000_000, digits in 0u8..=9) {
            let nanos = nanos / unit(digits) * unit(digits);
            for form in [TimeForm::Unix { digits }, TimeForm::Rfc3339 { digits }] {
                if nanos < 0 && matches!(form, TimeForm::Rfc3339 { .. }) {
                    continue;
                }
                let text = written(|out| form.write(nanos, out));
                prop_assert_eq!(form.read(text.as_bytes()), Some(nanos), "{}", &text);
                if let Some(found) = TimeForm::of(text.as_bytes(), nanos) {
                    prop_assert_eq!(written(|out| found.write(nanos, out)), text);
                }
            }
        }

        #[test]
        fn identifiers_come_back(bytes: [u8; 16]) {
            let text = written(|out| write_hex(&bytes, out));
            let mut back = [0; 16];
            prop_assert!(unhex(text.as_bytes(), &mut back) && back == bytes);
            let text = written(|out| write_uuid(&bytes, out));
            prop_assert!(uuid(text.as_bytes(), &mut back) && back == bytes, "{}", text);
        }
    }
}
