//! What every process of the stack shares: an orderly shutdown, listeners with errors that help, its own log lines,
//! the data folder, and configuration files with environment variables in them.
//!
//! Non-goals: HTTP semantics of a particular API, telemetry of the shop (see `service-kit`).

mod config;
mod http;
mod logging;
mod paths;
mod section;
mod shutdown;
mod units;

pub use config::{ConfigError, config_text, expand_env, load_yaml, parse_yaml};
pub use http::{Listen, bind, default_address, serve_http};
pub use logging::{LogLevelError, init_logging, json_layer, log_level, set_log_level};
pub use paths::{data_dir, data_root};
pub use section::Section;
pub use shutdown::shutdown_on_signals;
pub use tokio_util::sync::CancellationToken;
pub use units::{ByteSize, HumanDuration, ParseUnitError, format_bytes, parse_bytes, parse_duration};
