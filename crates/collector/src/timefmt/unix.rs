//! Numbers since 1970.

use super::{SECOND_NS, digits, fraction};

/// What the number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnixUnit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl UnixUnit {
    fn nanoseconds(self) -> i64 {
        match self {
            Self::Seconds => SECOND_NS,
            Self::Milliseconds => 1_000_000,
            Self::Microseconds => 1000,
            Self::Nanoseconds => 1,
        }
    }
}

/// Parses a decimal number, with a fraction or not, into nanoseconds since 1970 without going through a float.
pub fn parse_unix(text: &str, unit: UnixUnit) -> Option<i64> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    if text.len() > 40 {
        return None;
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole = if whole.len() > 18 { whole.parse().ok()? } else { digits(whole.as_bytes())? };
    let part_ns = if part.is_empty() {
        0
    } else {
        let (billionths, rest) = fraction(part.as_bytes())?;
        if !rest.is_empty() {
            return None;
        }
        i64::try_from(i128::from(billionths) * i128::from(unit.nanoseconds()) / i128::from(SECOND_NS)).ok()?
    };
    whole.checked_mul(unit.nanoseconds())?.checked_add(part_ns).map(|sum: i64| sign * sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        use UnixUnit::{Microseconds, Milliseconds, Nanoseconds, Seconds};
        for (text, unit, expected) in [
            ("1562708916", Seconds, Some(1_562_708_916_000_000_000)),
            ("1562708916.414123", Seconds, Some(1_562_708_916_414_123_000)),
            ("1562708916414.5", Milliseconds, Some(1_562_708_916_414_500_000)),
            ("1562708916414123", Microseconds, Some(1_562_708_916_414_123_000)),
            (" 1562708916000000123 ", Nanoseconds, Some(1_562_708_916_000_000_123)),
            ("-1.5", Seconds, Some(-1_500_000_000)),
            ("99999999999999999999", Seconds, None),
            ("1.", Seconds, Some(1_000_000_000)),
            ("", Seconds, None),
            ("1.2.3", Seconds, None),
            ("yesterday", Seconds, None),
        ] {
            assert_eq!(parse_unix(text, unit), expected, "{text}");
        }
    }
}
