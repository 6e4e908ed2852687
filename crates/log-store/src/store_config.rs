//! Our own configuration file, for what Loki's knows nothing of.

use std::path::Path;

use runtime::{ByteSize, ConfigError};
use serde::Deserialize;

/// Looked for in the working directory when no file is named.
pub const DEFAULT_STORE_PATH: &str = "infrastructure/log-store/log-store.yaml";
/// In force when there is no such file either.
const BUILT_IN: &str = include_str!("../../../infrastructure/log-store/log-store.yaml");

/// What may be set in it; strict.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    retention_bytes: ByteSize,
}

impl StoreConfig {
    /// Reads the named file, else [`DEFAULT_STORE_PATH`] if it exists, else what is built in.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let (text, origin) = runtime::config_text(path, Path::new(DEFAULT_STORE_PATH), BUILT_IN)?;
        Self::parse(&text, &origin)
    }

    fn parse(text: &str, origin: &str) -> Result<Self, ConfigError> {
        runtime::parse_yaml(&runtime::expand_env(text, |name| std::env::var(name).ok()), origin)
    }

    /// Bytes that segments may take together; `None` is no limit.
    pub fn retention_bytes(&self) -> Option<u64> {
        (self.retention_bytes.0 > 0).then_some(self.retention_bytes.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_sets_no_limit_and_others_are_strict() {
        assert_eq!(StoreConfig::parse(BUILT_IN, "built-in").unwrap().retention_bytes(), None);
        let size = |text: &str| StoreConfig::parse(text, "x").map(|config| config.retention_bytes());
        assert_eq!(size("retention_bytes: 20GB\n").unwrap(), Some(20_000_000_000));
        assert_eq!(size("retention_bytes: 1048576\n").unwrap(), Some(1 << 20));
        for bad in ["retention_byte: 1\n", "retention_bytes: many\n"] {
            let error = size(bad).unwrap_err().to_string();
            assert!(error.starts_with("x: "), "{error}");
        }
    }
}
