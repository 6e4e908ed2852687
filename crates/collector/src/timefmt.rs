//! Times as log lines write them: RFC 3339, Unix numbers, and Go's layouts (`2006-01-02 15:04:05`).

mod layout;
mod unix;

pub use layout::{Layout, LayoutError};
pub use unix::{UnixUnit, parse_unix};

/// Nanoseconds in a second.
const SECOND_NS: i64 = 1_000_000_000;

/// Parses `2026-11-24T08:00:00.123456789Z` (or with an offset) into nanoseconds since 1970.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || !separators_match(bytes) {
        return None;
    }
    let date_time = civil(
        digits(&bytes[0..4])?,
        digits(&bytes[5..7])?,
        digits(&bytes[8..10])?,
        [digits(&bytes[11..13])?, digits(&bytes[14..16])?, digits(&bytes[17..19])?],
    )?;
    let (fraction_ns, rest) = match bytes[19] {
        b'.' | b',' => fraction(&bytes[20..])?,
        _ => (0, &bytes[19..]),
    };
    let offset_s = offset(rest)?;
    (date_time - offset_s).checked_mul(SECOND_NS)?.checked_add(fraction_ns)
}

fn separators_match(bytes: &[u8]) -> bool {
    bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b't' | b' ')
        && bytes[13] == b':'
        && bytes[16] == b':'
}

/// All of `bytes` as a number.
fn digits(bytes: &[u8]) -> Option<i64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0i64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

/// Leading digits as a decimal fraction in nanoseconds (more than nine are cut), and what follows them.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let kept = count.min(9);
    let value = digits(&bytes[..kept])?;
    Some((value * 10i64.pow(9 - kept as u32), &bytes[count..]))
}

/// `Z`, `+01:00`, `-0530` or `+01` in seconds.
fn offset(bytes: &[u8]) -> Option<i64> {
    let (sign, rest) = match bytes {
        b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.len() {
        2 => (rest, &b"00"[..]),
        4 => rest.split_at(2),
        5 if rest[2] == b':' => (&rest[..2], &rest[3..]),
        _ => return None,
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Seconds since 1970 of a date and a time of day in UTC; `None` when there is no such date.
fn civil(year: i64, month: i64, day: i64, [hour, minute, second]: [i64; 3]) -> Option<i64> {
    // Second 60 is a leap second; it reads as the next minute's first.
    if !(1..=12).contains(&month)
        || day < 1
        || day > days_in_month(year, month)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    // Days since 1970, counted in years that begin in March so that the leap day is the last.
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rfc3339() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-11-24T08:00:00.5Z", Some(1_795_507_200_500_000_000)),
            ("2026-11-24T09:00:00.500000000+01:00", Some(1_795_507_200_500_000_000)),
            ("2026-11-24 08:00:00,5Z", Some(1_795_507_200_500_000_000)),
            ("2024-02-29T00:00:00Z", Some(1_709_164_800_000_000_000)),
            ("2026-11-24T08:00:00.1234567899Z", Some(1_795_507_200_123_456_789)),
            ("2026-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-24T08:00:00", None),
            ("2026-11-24T08:00:00.Z", None),
            ("2026-11-24T08:00:00+1:00", None),
            ("2026-11-24", None),
            ("", None),
            ("ñññññññññññññññ", None),
        ] {
            assert_eq!(parse_rfc3339(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_jiff(seconds in -5_000_000_000i64..5_000_000_000, nanoseconds in 0i64..1_000_000_000) {
            let expected = seconds * SECOND_NS + nanoseconds;
            let time = jiff::Timestamp::from_nanosecond(i128::from(expected)).unwrap();
            prop_assert_eq!(parse_rfc3339(&time.to_string()), Some(expected));
        }

        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = parse_rfc3339(&text);
        }
    }
}
