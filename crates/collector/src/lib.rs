//! The collector: reads Promtail's configuration, follows files, pushes to Loki's API.
//!
//! A job (one entry of `scrape_configs`) is a thread that reads files ([`files`]), runs each line through its
//! [`pipeline`] and fills batches ([`batch`]); each [`client`] is a task that delivers them in order. A file's position
//! moves once every client has delivered the lines before it ([`positions`]), so a crash at any moment loses nothing.
//!
//! Non-goals: storing or querying logs.

pub mod app;
mod args;
pub mod batch;
pub mod client;
pub mod config;
mod dry_run;
pub mod entry;
pub mod files;
mod go_regex;
mod http;
pub mod labels;
pub mod metrics;
pub mod pipeline;
pub mod positions;
pub mod relabel;
mod selector;
pub mod stages;
pub mod template;
pub mod timefmt;
pub mod value;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use anyhow::Context as _;
use runtime::CancellationToken;

pub use app::{Collector, Mode};
pub use args::{Args, promtail_flags};

use config::{ClientConfig, Config, ServerConfig};

/// Longest line in bytes unless `limits_config.max_line_size` says otherwise.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// Used when it exists in the working directory and no other file is named.
const DEFAULT_FILE: &str = "infrastructure/promtail/promtail-config.yaml";

/// The same file, for folders without it.
const BUILT_IN: &str = include_str!("../../../infrastructure/promtail/promtail-config.yaml");

/// The port when neither flag nor file names one.
const DEFAULT_PORT: u16 = 9080;

/// Runs the collector until `shutdown`.
pub async fn run(args: Args, shutdown: CancellationToken) -> anyhow::Result<()> {
    runtime::init_logging("collector");
    let config = load_config(&args)?;
    let mode = if args.dry_run { Mode::DryRun } else { Mode::Send };
    if args.check_syntax {
        check(&config)?;
        tracing::info!("the configuration is valid");
        return Ok(());
    }
    let unused = config.unused();
    if !unused.is_empty() {
        tracing::warn!(keys = unused.join(" "), "keys of the configuration that have no effect here");
    }
    let listener = match listen_address(&args, &config.server)? {
        Some(address) => Some(runtime::bind(address, "collector").await?),
        None => None,
    };
    raise_open_files();
    let collector = Collector::start(&config, listener, mode).await?;
    shutdown.cancelled().await;
    collector.stop().await
}

/// Files are held open while they are followed; the usual soft limit is low for that.
fn raise_open_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::warn!(error = %error, "the limit on open files stays low");
    }
}

fn load_config(args: &Args) -> anyhow::Result<Config> {
    let mut config = match &args.config_file {
        Some(path) => config::load(path)?,
        None if Path::new(DEFAULT_FILE).is_file() => config::load(Path::new(DEFAULT_FILE))?,
        None => config::parse(BUILT_IN, "built-in configuration")?,
    };
    config.clients.extend(args.client_url.clone().map(ClientConfig::new));
    Ok(config)
}

/// Builds what can be built without touching anything.
fn check(config: &Config) -> anyhow::Result<()> {
    let environment = pipeline::StageEnvironment { metrics: metrics::Metrics::default() };
    for scrape in &config.scrape_configs {
        pipeline::Pipeline::new(&scrape.pipeline_stages, &environment)
            .map_err(anyhow::Error::from)
            .and_then(|_| Ok(files::targets(scrape, "").map(drop)?))
            .with_context(|| format!("job {:?}", scrape.job_name))?;
    }
    Ok(())
}

/// The flag, else the file, else the default. `None` when the file disables the server.
fn listen_address(args: &Args, server: &ServerConfig) -> anyhow::Result<Option<SocketAddr>> {
    if args.listen.address.is_none() && server.disable {
        return Ok(None);
    }
    let default = runtime::default_address(server.http_listen_port.unwrap_or(DEFAULT_PORT));
    let host = match server.http_listen_address.as_deref().filter(|host| !host.is_empty()) {
        None => default.ip(),
        Some("localhost") => IpAddr::from([127, 0, 0, 1]),
        Some(host) => {
            host.parse().with_context(|| format!("server.http_listen_address: {host:?} is not an address"))?
        }
    };
    Ok(Some(args.listen.address.unwrap_or(SocketAddr::new(host, default.port()))))
}
