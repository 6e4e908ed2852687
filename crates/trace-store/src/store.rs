//! What ingest and queries share: the engine, limits, counters.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::TenantId;
use segment::{Durability, Engine, Options};
use tokio::sync::Semaphore;

use crate::ingest::budget::Budget;
use crate::ingest::limits::IngestLimits;
use crate::ingest::rate::RateLimit;
use crate::metrics::Metrics;
use crate::query::QueryLimits;
use crate::schema::SpanSchema;

/// The only tenant while multitenancy is off: Tempo's own name for it.
const TENANT: &str = "single-tenant";

/// How a store is opened.
#[derive(Debug, Clone)]
pub(crate) struct StoreOptions {
    pub dir: PathBuf,
    pub retention: Option<Duration>,
    pub durability: Durability,
    pub head_max_age: Duration,
    pub head_max_bytes: usize,
    pub ingest: IngestLimits,
    pub query: QueryLimits,
    pub generator: crate::generator::settings::Settings,
}

impl StoreOptions {
    pub(crate) fn new(dir: impl Into<PathBuf>) -> Self {
        let engine = Options::new("");
        Self {
            dir: dir.into(),
            retention: None,
            durability: engine.durability,
            head_max_age: engine.head_max_age,
            head_max_bytes: engine.head_max_bytes,
            ingest: IngestLimits::default(),
            query: QueryLimits::default(),
            generator: crate::generator::settings::Settings::default(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Store {
    pub engine: Arc<Engine<SpanSchema>>,
    pub tenant: TenantId,
    pub metrics: Arc<Metrics>,
    pub ingest_limits: IngestLimits,
    pub ingest_budget: Budget,
    pub ingest_rate: Option<RateLimit>,
    pub query_limits: QueryLimits,
    pub generator: Arc<crate::generator::Generator>,
    /// Pieces of queries that may compute at once, so that ingest keeps its share of the machine.
    pub query_slots: Arc<Semaphore>,
    parallelism: usize,
}

impl Store {
    pub(crate) async fn open(options: StoreOptions) -> anyhow::Result<Arc<Self>> {
        let generator = crate::generator::Generator::open(options.generator, &options.dir.join("generator"))?;
        let engine = Engine::open(
            SpanSchema,
            Options {
                retention: options.retention,
                durability: options.durability,
                head_max_age: options.head_max_age,
                head_max_bytes: options.head_max_bytes,
                ..Options::new(options.dir)
            },
        );
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Arc::new(Self {
            engine: engine.await?,
            tenant: TenantId::new(TENANT)?,
            metrics: Arc::default(),
            ingest_limits: options.ingest,
            ingest_budget: Budget::new(&options.ingest),
            ingest_rate: options.ingest.rate.map(RateLimit::new),
            query_limits: options.query,
            generator,
            query_slots: Arc::new(Semaphore::new(cores)),
            parallelism: cores,
        }))
    }

    /// Tasks that one query keeps under way: enough to keep all slots busy.
    pub(crate) fn query_tasks(&self) -> usize {
        self.parallelism * 2
    }
}
