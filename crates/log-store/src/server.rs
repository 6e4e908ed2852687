//! The store as a component: arguments, start, orderly stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use runtime::{CancellationToken, Listen};
use segment::{Durability, Engine};

use crate::api::{self, App, Intake};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::schema::LogSchema;

/// How the log store is started.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub listen: Listen,
    /// Loki's configuration file [default: infrastructure/loki/loki-config.yaml if it exists, else built in]
    #[arg(long = "config.file", alias = "config-file", value_name = "FILE")]
    pub config_file: Option<PathBuf>,
    /// Folder for the data [default: log-store below the data folder]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// When a push counts as stored: "fsync" survives a power cut, "os" a crash of the process only
    #[arg(long, env = "LOG_STORE_DURABILITY", default_value = "fsync")]
    pub durability: Durability,
    /// Rows in memory become a segment at this size
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = size)]
    pub head_max_bytes: usize,
}

fn size(text: &str) -> Result<usize, runtime::ParseUnitError> {
    runtime::parse_bytes(text).map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// Runs the log store until `shutdown`.
pub async fn run(args: Args, shutdown: CancellationToken) -> anyhow::Result<()> {
    runtime::init_logging("log-store");
    let config = Config::load(args.config_file.as_deref())?;
    tracing::info!(origin = config.origin, "configuration read");
    if !config.unused.is_empty() {
        tracing::info!(keys = config.unused.join(", "), "configuration keys without effect in this store");
    }
    let dir = match args.dir {
        Some(dir) => dir,
        None => runtime::data_dir("log-store").context("create the data folder")?,
    };
    let address = match (args.listen.address, &config.listen_host) {
        (Some(address), _) => address,
        (None, Some(host)) => format!("{host}:{}", config.listen_port)
            .parse()
            .with_context(|| format!("server.http_listen_address {host:?} is not an IP address"))?,
        (None, None) => args.listen.or_port(config.listen_port),
    };
    let options = Options {
        durability: args.durability,
        head_max_bytes: args.head_max_bytes,
        ..Options::new(dir, address, config)
    };
    Server::start(options, shutdown).await?.wait().await
}

/// What a server needs, once arguments and files are read.
#[derive(Debug, Clone)]
pub struct Options {
    pub dir: PathBuf,
    pub address: SocketAddr,
    pub config: Config,
    pub durability: Durability,
    /// A head of this many bytes is sealed.
    pub head_max_bytes: usize,
}

impl Options {
    pub fn new(dir: impl Into<PathBuf>, address: SocketAddr, config: Config) -> Self {
        Self { dir: dir.into(), address, config, durability: Durability::Fsync, head_max_bytes: 16 << 20 }
    }
}

/// A running log store.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    serving: tokio::task::JoinHandle<anyhow::Result<()>>,
    engine: Arc<Engine<LogSchema>>,
}

impl Server {
    /// Binds first, so that a taken port is reported before anything else is done; then recovers and serves.
    pub async fn start(options: Options, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let started = Instant::now();
        let listener = runtime::bind(options.address, "log-store").await?;
        let address = listener.local_addr()?;
        let mut engine_options = segment::Options::new(&options.dir);
        engine_options.durability = options.durability;
        engine_options.retention = options.config.limits.retention_period;
        engine_options.head_max_bytes = options.head_max_bytes;
        let engine = Engine::open(LogSchema::default(), engine_options)
            .await
            .with_context(|| format!("open the log store in {}", options.dir.display()))?;
        let stats = engine.stats();
        tracing::info!(
            segments = stats.segments,
            rows = stats.segment_rows,
            replayed_bytes = stats.live_bytes,
            took_ms = started.elapsed().as_millis() as u64,
            "ready"
        );
        let app = App {
            engine: Arc::clone(&engine),
            limits: options.config.limits,
            auth_enabled: options.config.auth_enabled,
            metrics: Metrics::default(),
            intake: Intake::default(),
            config_text: options.config.text,
        };
        let router = api::router(Arc::new(app));
        let serving = tokio::spawn(runtime::serve_http(listener, router, shutdown));
        Ok(Self { address, serving, engine })
    }

    /// Returns when the server has stopped and everything acknowledged is safe.
    pub async fn wait(self) -> anyhow::Result<()> {
        let served = self.serving.await.context("the server task ended abnormally")?;
        self.engine.close().await;
        served
    }
}
