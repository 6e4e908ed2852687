//! Sizes as Loki reads them in its limits: `256KB` is 256 × 1024 bytes.

use serde::Deserialize;

/// Bytes, units of 1024 whatever they are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DataSize(pub u64);

/// There is nothing in it that could be without effect.
impl runtime::Section for DataSize {
    fn name_unused(&self, _key: &str, _into: &mut Vec<String>) {}
}

impl<'de> Deserialize<'de> for DataSize {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

fn parse(text: &str) -> Result<u64, runtime::ParseUnitError> {
    let lower = text.trim().to_ascii_lowercase();
    let short = lower.strip_suffix('b').unwrap_or(&lower);
    if short.ends_with(['k', 'm', 'g', 't']) {
        runtime::parse_bytes(&format!("{short}ib"))
    } else {
        runtime::parse_bytes(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_binary() {
        for (text, bytes) in [
            ("256KB", 256 << 10),
            ("3MB", 3 << 20),
            ("3m", 3 << 20),
            ("1 GiB", 1 << 30),
            ("1.5kb", 1536),
            ("17", 17),
            ("17B", 17),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "MB", "three MB", "3 parsecs"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
