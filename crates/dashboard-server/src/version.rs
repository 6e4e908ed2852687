//! Which version the server says it is.

/// The version of Grafana's API that this server follows. Clients branch on it, so it is what `/api/health` reports as
/// `version`; the project's own version stands beside it.
pub(crate) const API_VERSION: &str = "13.2.0";

/// The project's own version.
pub(crate) const STACK_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit the binary was built from, when the build said so.
pub(crate) const COMMIT: &str = match option_env!("MONITORING_STACK_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};
