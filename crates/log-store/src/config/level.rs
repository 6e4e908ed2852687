//! `server.log_level`

use serde::Deserialize;

/// What the store says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

/// There is nothing in it that could be without effect.
impl runtime::Section for LogLevel {
    fn name_unused(&self, _key: &str, _into: &mut Vec<String>) {}
}

impl LogLevel {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}
