//! Tempo's configuration file, as far as it concerns this store.
//!
//! Keys that Tempo knows and this store has no use for are accepted and named once at start; keys that nobody knows are
//! errors with line and column. Of addresses only the port counts: `0.0.0.0` stands in the file because containers need
//! it, and a laptop must not open its ports because of that. Flags and `MONITORING_STACK_BIND` choose the host.

mod file;
mod generator;
mod limits;
mod receivers;

use std::path::Path;
use std::time::Duration;

use runtime::{ConfigError, Section as _};

use self::file::File;
pub use self::receivers::Receivers;
use crate::ingest::limits::IngestLimits;
use crate::query::QueryLimits;

/// Looked for in the working directory when no file is named.
pub const DEFAULT_PATH: &str = "infrastructure/tempo/tempo.yaml";
/// In force when there is no such file either.
const BUILT_IN: &str = include_str!("../../../infrastructure/tempo/tempo.yaml");

const HTTP_PORT: u16 = 3200;
/// Tempo's own default.
const DEFAULT_RETENTION: Duration = Duration::from_secs(336 * 3600);

/// The configuration in force.
#[derive(Debug, Clone)]
pub struct Config {
    pub http_port: u16,
    pub receivers: Receivers,
    /// `None` keeps everything.
    pub retention: Option<Duration>,
    pub(crate) ingest: IngestLimits,
    pub(crate) query: QueryLimits,
    pub(crate) generator: crate::generator::settings::Settings,
    /// For gRPC queries, besides the HTTP port; only if the file names it.
    pub grpc_port: Option<u16>,
    /// Keys that are set and have no effect here.
    pub unused: Vec<String>,
    /// Where it came from.
    pub origin: String,
    /// The text it was read from, variables expanded.
    pub text: String,
}

impl Config {
    /// Reads the named file, else [`DEFAULT_PATH`] if it exists, else what is built in.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let (text, origin) = runtime::config_text(path, Path::new(DEFAULT_PATH), BUILT_IN)?;
        Self::parse(&text, &origin)
    }

    /// What is in force without any file.
    pub fn built_in() -> Result<Self, ConfigError> {
        Self::parse(BUILT_IN, "built-in configuration")
    }

    pub fn parse(text: &str, origin: &str) -> Result<Self, ConfigError> {
        let text = runtime::expand_env(text, |name| std::env::var(name).ok());
        let file: File = runtime::parse_yaml(&text, origin)?;
        let invalid = |message: String| ConfigError::Invalid { origin: origin.to_owned(), message };
        let mut unused = Vec::new();
        file.name_unused("", &mut unused);
        let receivers = Receivers::of(&file).map_err(invalid)?;
        let (generator, secrets) = file.generator().map_err(invalid)?;
        let text = secrets.iter().fold(text, |text, secret| text.replace(secret, "********"));
        Ok(Self {
            http_port: file.server.as_ref().and_then(|server| server.http_listen_port).unwrap_or(HTTP_PORT),
            receivers,
            retention: file
                .retention()
                .map_or(Some(DEFAULT_RETENTION), |period| (!period.is_zero()).then_some(period)),
            ingest: file.ingest_limits(),
            query: file.query_limits(),
            generator,
            grpc_port: file.server.as_ref().and_then(|server| server.grpc_listen_port),
            unused,
            origin: origin.to_owned(),
            text,
        })
    }
}

#[cfg(test)]
mod tests;
