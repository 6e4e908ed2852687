//! Steps, and the variables of time that a query may hold.

use super::Range;

/// The wanted step in milliseconds, or one so large that the answer does not have more points than stores give.
pub(super) fn step_ms(range: Range, wanted_ms: u64) -> u64 {
    wanted_ms.max(rounded(range.millis() / 11_000)).max(1)
}

/// A step as people would choose it.
fn rounded(millis: u64) -> u64 {
    const NICE: [u64; 14] = [
        1, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 900_000, 3_600_000,
        21_600_000, 86_400_000,
    ];
    NICE.into_iter().find(|nice| *nice >= millis).unwrap_or(millis)
}

/// A duration as people write it, in milliseconds: `15s`, `1m30s`, `250ms`; a bare number is seconds.
pub(super) fn parse_ms(text: &str) -> Option<u64> {
    let text = text.trim().trim_start_matches('>');
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds > 0.0 && seconds.is_finite()).then_some((seconds * 1000.0) as u64);
    }
    let (mut rest, mut total) = (text, 0u64);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let amount: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let millis = match &rest[digits..digits + unit] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 7 * 86_400_000,
            "y" => 365 * 86_400_000,
            _ => return None,
        };
        total = total.checked_add(amount.checked_mul(millis)?)?;
        rest = &rest[digits + unit..];
    }
    (total > 0).then_some(total)
}

/// A step in the languages' own notation.
pub(super) fn written(millis: u64) -> String {
    if millis.is_multiple_of(1000) { format!("{}s", millis / 1000) } else { format!("{millis}ms") }
}

/// Puts values for `$__interval` and its kin, with and without braces. `least_rate_ms` is four times how often a sample comes.
pub(super) fn fill(text: &str, step_ms: u64, scrape_ms: u64, range: Range) -> String {
    if !text.contains("$__") && !text.contains("${__") {
        return text.to_owned();
    }
    let range_s = range.seconds();
    let rate = (step_ms + scrape_ms).max(4 * scrape_ms);
    // Longer names before those that they begin with.
    let variables = [
        ("__interval_ms", step_ms.to_string()),
        ("__interval", written(step_ms)),
        ("__rate_interval_ms", rate.to_string()),
        ("__rate_interval", written(rate)),
        ("__range_ms", (range.to_ms - range.from_ms).to_string()),
        ("__range_s", range_s.to_string()),
        ("__range", format!("{range_s}s")),
        ("__auto", written(step_ms)),
    ];
    let mut filled = text.to_owned();
    for (name, value) in variables {
        filled = filled.replace(&format!("${{{name}}}"), &value).replace(&format!("${name}"), &value);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_variables_filled() {
        for (text, expected) in [
            ("15s", Some(15_000)),
            ("1m30s", Some(90_000)),
            (">1m", Some(60_000)),
            ("250ms", Some(250)),
            ("30", Some(30_000)),
            ("", None),
            ("1x", None),
            ("m", None),
        ] {
            assert_eq!(parse_ms(text), expected, "{text}");
        }
        let range = Range { from_ms: 0, to_ms: 3_600_000 };
        let filled = fill(
            "rate({a=\"$a\"}[$__interval]) $__rate_interval ${__range} $__range_s $__auto $__interval_ms",
            20_000,
            15_000,
            range,
        );
        assert_eq!(filled, "rate({a=\"$a\"}[20s]) 60s 3600s 3600 20s 20000");
    }
}
