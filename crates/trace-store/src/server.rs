//! The store as a component: arguments, start, orderly stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use runtime::{CancellationToken, Listen};
use segment::Durability;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;

use crate::api::{self, Settings};
use crate::config::Config;
use crate::ingest;
use crate::store::{Store, StoreOptions};

/// How long gRPC calls under way may take after a shutdown was asked for.
const GRPC_DRAIN: Duration = Duration::from_secs(5);
/// Idle gRPC connections are checked, so that clients that vanished don't pile up.
const GRPC_KEEPALIVE: Duration = Duration::from_secs(60);

/// How the trace store is started.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub listen: Listen,
    /// Address for OTLP over gRPC [default: port 4317, or the configuration file's]
    #[arg(long, value_name = "ADDR:PORT")]
    pub otlp_grpc_listen: Option<SocketAddr>,
    /// Address for OTLP over HTTP [default: port 4318, or the configuration file's]
    #[arg(long, value_name = "ADDR:PORT")]
    pub otlp_http_listen: Option<SocketAddr>,
    /// Address for queries over gRPC besides the HTTP port [default: grpc_listen_port of the configuration file, if set]
    #[arg(long, value_name = "ADDR:PORT")]
    pub grpc_listen: Option<SocketAddr>,
    /// Tempo's configuration file [default: infrastructure/tempo/tempo.yaml if it exists, else built in]
    #[arg(long = "config.file", alias = "config-file", value_name = "FILE")]
    pub config_file: Option<PathBuf>,
    /// Folder for the data [default: trace-store below the data folder]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// When an export counts as stored: "fsync" survives a power cut, "os" a crash of the process only
    #[arg(long, env = "TRACE_STORE_DURABILITY", default_value = "fsync")]
    pub durability: Durability,
}

/// Runs the trace store until `shutdown`.
pub async fn run(args: Args, shutdown: CancellationToken) -> anyhow::Result<()> {
    runtime::init_logging("trace-store");
    let config = Config::load(args.config_file.as_deref())?;
    tracing::info!(origin = config.origin, "configuration read");
    if !config.unused.is_empty() {
        tracing::info!(keys = config.unused.join(", "), "configuration keys without effect in this store");
    }
    let dir = match args.dir {
        Some(dir) => dir,
        None => runtime::data_dir("trace-store").context("create the data folder")?,
    };
    // A receiver that the file turns off can be turned on by its flag.
    let receiver = |flag: Option<SocketAddr>, port: Option<u16>| flag.or(port.map(runtime::default_address));
    let on = config.receivers;
    let options = Options {
        dir,
        address: args.listen.or_port(config.http_port),
        otlp_grpc: receiver(args.otlp_grpc_listen, on.otlp_grpc),
        otlp_http: receiver(args.otlp_http_listen, on.otlp_http),
        jaeger_grpc: receiver(None, on.jaeger_grpc),
        jaeger_http: receiver(None, on.jaeger_http),
        zipkin: receiver(None, on.zipkin),
        grpc: receiver(args.grpc_listen, config.grpc_port),
        durability: args.durability,
        head_max_bytes: None,
        head_max_age: None,
        config,
    };
    Server::start(options, shutdown).await?.wait().await
}

/// What a server needs, once arguments and files are read.
#[derive(Debug, Clone)]
pub struct Options {
    pub dir: PathBuf,
    /// Tempo's API.
    pub address: SocketAddr,
    pub otlp_grpc: Option<SocketAddr>,
    pub otlp_http: Option<SocketAddr>,
    /// Queries over gRPC, besides the HTTP port.
    pub grpc: Option<SocketAddr>,
    pub jaeger_grpc: Option<SocketAddr>,
    /// Thrift over HTTP.
    pub jaeger_http: Option<SocketAddr>,
    pub zipkin: Option<SocketAddr>,
    pub durability: Durability,
    /// A head of this many bytes is sealed.
    pub head_max_bytes: Option<usize>,
    /// A head of this age is sealed.
    pub head_max_age: Option<Duration>,
    pub config: Config,
}

impl Options {
    /// Ports chosen by the system, on loopback.
    pub fn on_free_ports(dir: impl Into<PathBuf>, config: Config) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            dir: dir.into(),
            address: any,
            otlp_grpc: Some(any),
            otlp_http: Some(any),
            grpc: config.grpc_port.map(|_| any),
            jaeger_grpc: config.receivers.jaeger_grpc.map(|_| any),
            jaeger_http: config.receivers.jaeger_http.map(|_| any),
            zipkin: config.receivers.zipkin.map(|_| any),
            durability: Durability::Fsync,
            head_max_bytes: None,
            head_max_age: None,
            config,
        }
    }
}

/// A running trace store.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    pub otlp_grpc: Option<SocketAddr>,
    pub otlp_http: Option<SocketAddr>,
    pub grpc: Option<SocketAddr>,
    pub jaeger_grpc: Option<SocketAddr>,
    pub jaeger_http: Option<SocketAddr>,
    pub zipkin: Option<SocketAddr>,
    serving: Vec<JoinHandle<anyhow::Result<()>>>,
    store: Arc<Store>,
}

impl Server {
    /// Binds first, so that a taken port is reported before anything else is done; then recovers and serves.
    pub async fn start(options: Options, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let started = Instant::now();
        let listener = runtime::bind(options.address, "trace-store").await?;
        let grpc = bind(options.otlp_grpc, "otlp-grpc").await?;
        let http = bind(options.otlp_http, "otlp-http").await?;
        let queries = bind(options.grpc, "grpc").await?;
        let jaeger_grpc = bind(options.jaeger_grpc, "jaeger-grpc").await?;
        let jaeger_http = bind(options.jaeger_http, "jaeger-http").await?;
        let zipkin = bind(options.zipkin, "zipkin").await?;
        let store = Store::open(store_options(&options))
            .await
            .with_context(|| format!("open the trace store in {}", options.dir.display()))?;
        let stats = store.engine.stats();
        tracing::info!(
            segments = stats.segments,
            spans = stats.segment_rows,
            replayed_bytes = stats.live_bytes,
            took_ms = started.elapsed().as_millis() as u64,
            "ready"
        );
        let settings = Arc::new(Settings { config_text: options.config.text });
        let mut server = Self {
            address: listener.local_addr()?,
            otlp_grpc: address_of(grpc.as_ref())?,
            otlp_http: address_of(http.as_ref())?,
            grpc: address_of(queries.as_ref())?,
            jaeger_grpc: address_of(jaeger_grpc.as_ref())?,
            jaeger_http: address_of(jaeger_http.as_ref())?,
            zipkin: address_of(zipkin.as_ref())?,
            serving: Vec::new(),
            store,
        };
        let store = Arc::clone(&server.store);
        let api = api::router(Arc::clone(&store), settings);
        let routers = [
            // The routes of the HTTP port have the gRPC service among them.
            (queries, api.clone()),
            (Some(listener), api),
            (http, ingest::http::router(Arc::clone(&store))),
            (jaeger_http, ingest::jaeger::router(Arc::clone(&store))),
            (zipkin, ingest::zipkin::router(Arc::clone(&store))),
        ];
        for (listener, router) in routers {
            let Some(listener) = listener else { continue };
            server.serving.push(tokio::spawn(runtime::serve_http(listener, router, shutdown.clone())));
        }
        if let Some(listener) = grpc {
            let routes = Routes::new(ingest::grpc::TraceService::new(Arc::clone(&store)));
            server.serving.push(tokio::spawn(serve_grpc(listener, routes, shutdown.clone())));
        }
        if let Some(listener) = jaeger_grpc {
            let routes = Routes::new(ingest::jaeger::CollectorService::new(store));
            server.serving.push(tokio::spawn(serve_grpc(listener, routes, shutdown)));
        }
        Ok(server)
    }

    /// Writes what is in memory into segments.
    pub async fn flush(&self) -> anyhow::Result<()> {
        Ok(self.store.engine.flush().await?)
    }

    /// Returns when the server has stopped and everything acknowledged is safe.
    pub async fn wait(self) -> anyhow::Result<()> {
        let mut result = Ok(());
        for task in self.serving {
            let served = task.await.context("a server task ended abnormally").flatten();
            result = result.and(served);
        }
        self.store.generator.close().await;
        self.store.engine.close().await;
        result
    }
}

async fn bind(address: Option<SocketAddr>, purpose: &str) -> anyhow::Result<Option<TcpListener>> {
    match address {
        Some(address) => runtime::bind(address, purpose).await.map(Some),
        None => Ok(None),
    }
}

fn address_of(listener: Option<&TcpListener>) -> std::io::Result<Option<SocketAddr>> {
    listener.map(TcpListener::local_addr).transpose()
}

fn store_options(options: &Options) -> StoreOptions {
    let base = StoreOptions::new(&options.dir);
    StoreOptions {
        retention: options.config.retention,
        durability: options.durability,
        head_max_bytes: options.head_max_bytes.unwrap_or(base.head_max_bytes),
        head_max_age: options.head_max_age.unwrap_or(base.head_max_age),
        ingest: options.config.ingest,
        query: options.config.query,
        generator: options.config.generator.clone(),
        ..base
    }
}

async fn serve_grpc(
    listener: TcpListener,
    routes: Routes,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(GRPC_KEEPALIVE))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, shutdown.clone().cancelled_owned());
    let deadline = async {
        shutdown.cancelled().await;
        tokio::time::sleep(GRPC_DRAIN).await;
    };
    tokio::select! {
        result = server => result.context("gRPC server"),
        () = deadline => Ok(()),
    }
}
