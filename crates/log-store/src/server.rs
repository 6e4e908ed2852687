//! The store as a component: arguments, start, orderly stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use runtime::{CancellationToken, Listen};
use segment::{Durability, Engine};

use crate::api::{self, App, Intake};
use crate::config::Config;
use crate::deletes::Deletes;
use crate::ingest::Throttle;
use crate::janitor::{self, Janitor};
use crate::limits::TenantLimits;
use crate::metrics::Metrics;
use crate::ruler::{self, Clock, RuleLimits, Ruler};
use crate::schema::LogSchema;
use crate::store_config::StoreConfig;
use crate::tail::Tails;

/// How long live tails may take to say goodbye.
const TAILS_PATIENCE: Duration = Duration::from_secs(5);

/// How the log store is started.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub listen: Listen,
    /// Loki's configuration file [default: infrastructure/loki/loki-config.yaml if it exists, else built in]
    #[arg(long = "config.file", alias = "config-file", value_name = "FILE")]
    pub config_file: Option<PathBuf>,
    /// The store's own configuration file [default: infrastructure/log-store/log-store.yaml if it exists, else built in]
    #[arg(long, value_name = "FILE")]
    pub store_config: Option<PathBuf>,
    /// Segments may take this much together, the oldest are deleted first; 0 is no limit [default: retention_bytes of
    /// the store's own configuration file]
    #[arg(long, env = "LOG_STORE_RETENTION_BYTES", value_name = "SIZE", value_parser = runtime::parse_bytes)]
    pub retention_bytes: Option<u64>,
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
    // The environment is closer to whoever starts it than the file is.
    if let Some(level) = config.log_level
        && std::env::var_os("RUST_LOG").is_none()
        && let Err(error) = runtime::set_log_level(level)
    {
        tracing::warn!(%error, level, "server.log_level is not in force");
    }
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
    let own = StoreConfig::load(args.store_config.as_deref())?;
    let options = Options {
        retention_bytes: args
            .retention_bytes
            .map_or(own.retention_bytes(), |bytes| (bytes > 0).then_some(bytes)),
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
    /// The time by which rules are evaluated.
    pub clock: Clock,
    /// Segments may take this much together; `None` is no limit.
    pub retention_bytes: Option<u64>,
    /// Time between two rounds of work in the background.
    pub janitor_every: Duration,
    /// How long files that were replaced stay for queries that began before.
    pub grace: Duration,
}

impl Options {
    pub fn new(dir: impl Into<PathBuf>, address: SocketAddr, config: Config) -> Self {
        Self {
            dir: dir.into(),
            address,
            config,
            durability: Durability::Fsync,
            head_max_bytes: 16 << 20,
            clock: Clock::default(),
            retention_bytes: None,
            janitor_every: Duration::from_secs(10),
            grace: Duration::from_secs(180),
        }
    }
}

/// A running log store.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    serving: tokio::task::JoinHandle<anyhow::Result<()>>,
    janitor: tokio::task::JoinHandle<()>,
    engine: Arc<Engine<LogSchema>>,
    ruler: Arc<Ruler>,
    tails: Arc<Tails>,
}

impl Server {
    /// Binds first, so that a taken port is reported before anything else is done; then recovers and serves.
    pub async fn start(options: Options, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let started = Instant::now();
        let listener = runtime::bind(options.address, "log-store").await?;
        let address = listener.local_addr()?;
        let config = options.config.clone();
        let tenants = TenantLimits::open(config.limits.clone(), config.deletes.enabled, config.overrides)?;
        let tenants = Arc::new(tenants);
        let tails = Arc::new(Tails::new(shutdown.clone()));
        let engine = open_engine(&options, &tenants, &tails)
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
        let ruler = Ruler::start(rules(&options, &engine), &shutdown)?;
        let settings = janitor::Settings {
            every: options.janitor_every,
            grace: options.grace,
            deletes: config.deletes,
            retention_bytes: options.retention_bytes,
        };
        let janitor = Janitor::new(Arc::clone(&engine), Arc::clone(&tenants), settings);
        let app = App {
            engine: Arc::clone(&engine),
            tenants,
            delete_settings: config.deletes,
            limits: options.config.limits,
            auth_enabled: options.config.auth_enabled,
            no_auth_tenant: options.config.no_auth_tenant,
            metrics: Metrics::default(),
            ruler: Arc::clone(&ruler),
            throttle: Throttle::default(),
            intake: Intake::default(),
            config_text: options.config.text,
        };
        let router = api::router(Arc::new(app), &options.config.path_prefix);
        let janitor = tokio::spawn(janitor.run(shutdown.clone()));
        let serving = tokio::spawn(runtime::serve_http(listener, router, shutdown));
        Ok(Self { address, serving, janitor, engine, ruler, tails })
    }

    /// Returns when the server has stopped and everything acknowledged is safe.
    pub async fn wait(self) -> anyhow::Result<()> {
        let served = self.serving.await.context("the server task ended abnormally")?;
        self.ruler.stop().await;
        drop(tokio::time::timeout(TAILS_PATIENCE, self.tails.all_ended()).await);
        let janitor = self.janitor.await.context("the janitor ended abnormally");
        self.engine.close().await;
        served.and(janitor)
    }
}

/// What the rules need, from what the store was started with.
fn rules(options: &Options, engine: &Arc<Engine<LogSchema>>) -> ruler::Setup {
    let Config { limits, auth_enabled, no_auth_tenant, ruler, .. } = &options.config;
    ruler::Setup {
        engine: Arc::clone(engine),
        settings: ruler.clone(),
        limits: RuleLimits {
            rules_per_group: limits.ruler_max_rules_per_rule_group,
            groups_per_tenant: limits.ruler_max_rule_groups_per_tenant,
        },
        query_timeout: limits.query_timeout,
        evaluation_delay: limits.ruler_evaluation_delay,
        dir: options.dir.clone(),
        default_tenant: (!auth_enabled).then(|| no_auth_tenant.clone()),
        clock: options.clock.clone(),
    }
}

async fn open_engine(
    options: &Options,
    tenants: &Arc<TenantLimits>,
    tails: &Arc<Tails>,
) -> Result<Arc<Engine<LogSchema>>, segment::Error> {
    let deletes = Deletes::open(&options.dir, options.durability, Arc::clone(tenants))?;
    let schema = LogSchema { deletes: Arc::new(deletes), tails: Arc::clone(tails), ..LogSchema::default() };
    let mut engine_options = segment::Options::new(&options.dir);
    engine_options.durability = options.durability;
    engine_options.head_max_bytes = options.head_max_bytes;
    engine_options.grace = options.grace;
    // Retention is the janitor's: it depends on streams.
    Engine::open(schema, engine_options).await
}
