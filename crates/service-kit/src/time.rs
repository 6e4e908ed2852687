//! Instants as the databases store them (milliseconds since 1970) and as answers show them (RFC 3339).

use jiff::Timestamp;

/// Milliseconds since 1970, now.
pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// `2026-11-24T08:15:30.123Z`; instants outside of years 0–9999 become the nearest end.
pub fn rfc3339(milliseconds: i64) -> String {
    let instant = Timestamp::from_millisecond(milliseconds).unwrap_or(if milliseconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    });
    format!("{instant:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_with_milliseconds() {
        for (milliseconds, text) in
            [(0, "1970-01-01T00:00:00.000Z"), (1_795_506_930_123, "2026-11-24T07:55:30.123Z")]
        {
            assert_eq!(rfc3339(milliseconds), text);
        }
        assert!(rfc3339(i64::MAX).starts_with("9999-12-3"));
    }
}
