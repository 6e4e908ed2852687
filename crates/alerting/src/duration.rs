//! Durations as rules write them: `90s`, `1m30s`, `1d`; a bare `0` is zero.

const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Milliseconds; `None` when the text is no duration. Units come from large to small, each at most once.
#[must_use]
pub fn parse_duration(text: &str) -> Option<u64> {
    let text = text.trim();
    if text == "0" {
        return Some(0);
    }
    if text.is_empty() {
        return None;
    }
    let (mut rest, mut total, mut next) = (text, 0u64, 0);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let amount: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit =
            UNITS.iter().position(|(name, _)| *name == &rest[..letters]).filter(|unit| *unit >= next)?;
        total = total.checked_add(amount.checked_mul(UNITS[unit].1)?)?;
        next = unit + 1;
        rest = &rest[letters..];
    }
    Some(total)
}

/// The shortest text that reads as so many milliseconds, without years and weeks unless they come out even.
#[must_use]
pub fn format_duration(millis: u64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    let (mut rest, mut text) = (millis, String::new());
    for (name, size) in UNITS {
        let is_skipped = matches!(name, "y" | "w") && !rest.is_multiple_of(size);
        let amount = rest / size;
        if amount > 0 && !is_skipped {
            text.push_str(&amount.to_string());
            text.push_str(name);
            rest %= size;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, millis, written) in [
            ("0", Some(0), "0s"),
            ("0s", Some(0), "0s"),
            ("90s", Some(90_000), "1m30s"),
            ("1h0m0s", Some(3_600_000), "1h"),
            ("1m30s", Some(90_000), "1m30s"),
            ("14d", Some(14 * 86_400_000), "2w"),
            ("10d", Some(10 * 86_400_000), "10d"),
            ("1500ms", Some(1_500), "1s500ms"),
            ("", None, ""),
            ("5", None, ""),
            ("1s1m", None, ""),
            ("1s1s", None, ""),
            ("m", None, ""),
            ("1.5m", None, ""),
            ("-1m", None, ""),
            ("99999999999999999999y", None, ""),
            ("1é", None, ""),
        ] {
            assert_eq!(parse_duration(text), millis, "{text}");
            if let Some(millis) = millis {
                assert_eq!(format_duration(millis), written, "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(millis in 0u64..100_000_000_000_000) {
            prop_assert_eq!(parse_duration(&format_duration(millis)), Some(millis));
        }
    }
}
