//! Durations (`1h30m`, `168h`, `7d`) and sizes (`64MB`, `1GiB`) as configuration files write them.

use std::time::Duration;

/// Text that is not a duration or size.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{text:?} is not a {kind}, such as {example}")]
pub struct ParseUnitError {
    text: String,
    kind: &'static str,
    example: &'static str,
}

/// A duration in a configuration file: `168h`, or a number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct HumanDuration(pub Duration);

/// A size in a configuration file: `256KB`, or a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ByteSize(pub u64);

impl<'de> serde::Deserialize<'de> for HumanDuration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse::<f64>().ok().filter(|seconds| (0.0..1e15).contains(seconds)) {
            Some(seconds) => Ok(Self(Duration::from_secs_f64(seconds))),
            None => parse_duration(&text).map(Self).map_err(serde::de::Error::custom),
        }
    }
}

impl<'de> serde::Deserialize<'de> for ByteSize {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_bytes(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Parses Prometheus and Go durations: numbers with `ns us µs ms s m h d w y`, fractions allowed, `0` alone too.
pub fn parse_duration(text: &str) -> Result<Duration, ParseUnitError> {
    let fail = || ParseUnitError { text: text.to_owned(), kind: "duration", example: "1h30m" };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total_ns = 0f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(fail)?;
        let number: f64 = rest[..digits].parse().map_err(|_| fail())?;
        let unit_len = rest[digits..].find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len() - digits);
        let unit_ns = match &rest[digits..digits + unit_len] {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            "d" => 86_400e9,
            "w" => 604_800e9,
            "y" => 31_536_000e9,
            _ => return Err(fail()),
        };
        total_ns += number * unit_ns;
        rest = &rest[digits + unit_len..];
    }
    if text.is_empty() || total_ns >= u64::MAX as f64 {
        return Err(fail());
    }
    Ok(Duration::from_nanos(total_ns.round() as u64))
}

/// Parses sizes: a number with an optional unit, decimal (`kB`, `MB`) or binary (`KiB`, `MiB`), case ignored.
pub fn parse_bytes(text: &str) -> Result<u64, ParseUnitError> {
    let fail = || ParseUnitError { text: text.to_owned(), kind: "size", example: "64MB" };
    let compact = text.trim();
    let digits = compact.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(compact.len());
    let number: f64 = compact[..digits].parse().map_err(|_| fail())?;
    let factor: f64 = match compact[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1024f64.powi(2),
        "gib" => 1024f64.powi(3),
        "tib" => 1024f64.powi(4),
        _ => return Err(fail()),
    };
    Ok((number * factor) as u64)
}

/// A size for people: `812 B`, `1.5 MB`.
pub fn format_bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("1h30m", 5400.0),
            ("168h", 604_800.0),
            ("7d", 604_800.0),
            ("1.5s", 1.5),
            ("250ms", 0.25),
            ("0", 0.0),
        ] {
            assert_eq!(parse_duration(text).unwrap().as_secs_f64(), seconds, "{text}");
        }
        for text in ["", "5", "5 minutes", "1x", "h", "-1s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn configuration_files_may_use_numbers_or_units() {
        #[derive(serde::Deserialize)]
        struct Config {
            a: HumanDuration,
            b: HumanDuration,
            c: ByteSize,
            d: ByteSize,
        }
        let config: Config = crate::parse_yaml("a: 90m\nb: 30\nc: 256KB\nd: 1048576\n", "test").unwrap();
        assert_eq!((config.a.0.as_secs(), config.b.0.as_secs()), (5400, 30));
        assert_eq!((config.c.0, config.d.0), (256_000, 1 << 20));
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [("64MB", 64_000_000), ("1 GiB", 1 << 30), ("17", 17), ("1.5kb", 1500)] {
            assert_eq!(parse_bytes(text).unwrap(), bytes, "{text}");
        }
        assert!(parse_bytes("many").is_err());
        assert_eq!(format_bytes(1_500_000), "1.5 MB");
        assert_eq!(format_bytes(812), "812 B");
    }
}
