//! The collector as a whole: clients, jobs, positions and pages, started and stopped in order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use anyhow::Context as _;
use parking_lot::Mutex;
use runtime::CancellationToken;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::batch::{Batch, BatchLimits};
use crate::client::{Client, QUEUE_LENGTH};
use crate::config::{Config, LimitConfig, ScrapeConfig, StageConfig};
use crate::dry_run;
use crate::files::{Job, JobParts, LongLines, ReadSettings, Sink, TargetStatus, targets};
use crate::http::{State, router};
use crate::metrics::Metrics;
use crate::pipeline::{Pipeline, StageEnvironment};
use crate::positions::Positions;

/// How long a stop waits for the store to take what was read.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// What differs between a normal run and a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Send,
    /// Print entries, write no positions.
    DryRun,
}

/// A running collector.
#[derive(Debug)]
pub struct Collector {
    /// Where the pages are; `None` when the server is disabled.
    pub address: Option<SocketAddr>,
    pub metrics: Metrics,
    stop_jobs: Vec<std_mpsc::Sender<()>>,
    jobs_ended: JoinSet<()>,
    clients: JoinSet<()>,
    give_up: CancellationToken,
    stop_positions: CancellationToken,
    stop_server: CancellationToken,
    server: JoinSet<anyhow::Result<()>>,
    positions: Arc<Positions>,
}

impl Collector {
    /// Builds everything, so that a mistake in the configuration is found before anything runs; then starts.
    pub async fn start(config: &Config, listener: Option<TcpListener>, mode: Mode) -> anyhow::Result<Self> {
        let metrics = Metrics::default();
        metrics.gauge("promtail_build_info", "Version.", &[("version", env!("CARGO_PKG_VERSION"))]).set(1.0);
        let path = positions_path(config)?;
        let positions = Positions::load(&path, config.positions.ignore_invalid_yaml)?;
        let positions = Arc::new(match mode {
            Mode::Send => positions,
            Mode::DryRun => positions.read_only(),
        });
        let mut clients = JoinSet::new();
        let give_up = CancellationToken::new();
        let queues = start_clients(config, mode, &positions, &metrics, &give_up, &mut clients)?;
        let mut collector = Self {
            address: listener.as_ref().map(TcpListener::local_addr).transpose()?,
            metrics: metrics.clone(),
            stop_jobs: Vec::new(),
            jobs_ended: JoinSet::new(),
            clients,
            give_up,
            stop_positions: CancellationToken::new(),
            stop_server: CancellationToken::new(),
            server: JoinSet::new(),
            positions: Arc::clone(&positions),
        };
        let mut statuses = Vec::new();
        let mut jobs = Vec::new();
        for (index, scrape) in config.scrape_configs.iter().enumerate() {
            let (stop_sender, stop) = std_mpsc::channel();
            let status = Arc::default();
            let sink = Sink { runtime: tokio::runtime::Handle::current(), clients: queues.clone() };
            let parts =
                job_parts(index, scrape, config, sink, &positions, &metrics, stop, Arc::clone(&status))
                    .with_context(|| format!("job {:?}", scrape.job_name))?;
            jobs.push((scrape.job_name.clone(), Job::new(parts)));
            collector.stop_jobs.push(stop_sender);
            statuses.push(status);
        }
        drop(queues);
        // Every job finds the files of a former run before what none of them wanted is forgotten.
        for (_, job) in &mut jobs {
            job.prepare();
        }
        positions.forget_unclaimed();
        for (name, job) in jobs {
            let ended = spawn_job(&name, job)?;
            // A job that panicked has ended as well.
            collector.jobs_ended.spawn(async move { drop(ended.await) });
        }
        collector.start_services(config, listener, statuses);
        Ok(collector)
    }

    fn start_services(
        &mut self,
        config: &Config,
        listener: Option<TcpListener>,
        statuses: Vec<Arc<Mutex<Vec<TargetStatus>>>>,
    ) {
        let positions = Arc::clone(&self.positions);
        tokio::spawn(positions.keep_saved(config.positions.sync_period, self.stop_positions.clone()));
        if let Some(listener) = listener {
            let shown = serde_saphyr::to_string(config)
                .unwrap_or_else(|error| format!("# cannot be shown: {error}\n"));
            let state =
                State { metrics: self.metrics.clone(), config: shown.into(), statuses: statuses.into() };
            self.server.spawn(runtime::serve_http(listener, router(state), self.stop_server.clone()));
        }
    }

    /// Stops reading, sends what was read (within a bound), remembers what was acknowledged.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        // Dropping the senders tells the jobs.
        self.stop_jobs.clear();
        let flush = async {
            while self.jobs_ended.join_next().await.is_some() {}
            while self.clients.join_next().await.is_some() {}
        };
        if tokio::time::timeout(FLUSH_TIMEOUT, flush).await.is_err() {
            tracing::warn!(
                "the store did not take the last lines in time; they are sent after the next start"
            );
            self.give_up.cancel();
            while self.clients.join_next().await.is_some() {}
            while self.jobs_ended.join_next().await.is_some() {}
        }
        self.stop_positions.cancel();
        self.positions.save()?;
        self.stop_server.cancel();
        while let Some(served) = self.server.join_next().await {
            served.context("HTTP server")??;
        }
        Ok(())
    }
}

/// Without [`Collector::stop`] everything ends at once, as in a crash: nothing more is sent or remembered.
impl Drop for Collector {
    fn drop(&mut self) {
        self.give_up.cancel();
        self.stop_positions.cancel();
        self.stop_server.cancel();
    }
}

fn positions_path(config: &Config) -> anyhow::Result<PathBuf> {
    match &config.positions.filename {
        Some(path) => Ok(path.clone()),
        None => Ok(runtime::data_dir("collector").context("data folder")?.join("positions.yaml")),
    }
}

/// Starts a task for each client; their queues.
fn start_clients(
    config: &Config,
    mode: Mode,
    positions: &Arc<Positions>,
    metrics: &Metrics,
    give_up: &CancellationToken,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<Vec<mpsc::Sender<Arc<Batch>>>> {
    let mut queues = Vec::new();
    if mode == Mode::DryRun {
        let (sender, queue) = mpsc::channel(QUEUE_LENGTH);
        tasks.spawn(dry_run::run(queue));
        return Ok(vec![sender]);
    }
    anyhow::ensure!(
        !config.clients.is_empty(),
        "the configuration has no clients: add one with a url to push to"
    );
    let clients = config.clients.iter().map(|client| Client::new(client, positions, metrics));
    for client in clients.collect::<Result<Vec<_>, _>>()? {
        let (sender, queue) = mpsc::channel(QUEUE_LENGTH);
        tasks.spawn(client.run(queue, give_up.clone()));
        queues.push(sender);
    }
    Ok(queues)
}

#[expect(clippy::too_many_arguments, reason = "the one place where a job's parts come together")]
fn job_parts(
    index: usize,
    scrape: &ScrapeConfig,
    config: &Config,
    sink: Sink,
    positions: &Arc<Positions>,
    metrics: &Metrics,
    stop: std_mpsc::Receiver<()>,
    status: Arc<Mutex<Vec<TargetStatus>>>,
) -> anyhow::Result<JobParts> {
    let environment = StageEnvironment { metrics: metrics.clone() };
    Ok(JobParts {
        index,
        name: scrape.job_name.clone(),
        targets: targets(scrape, &hostname())?,
        pipeline: Pipeline::new(&stages(scrape, config), &environment)?,
        settings: read_settings(config),
        limits: batch_limits(config),
        sink,
        positions: Arc::clone(positions),
        metrics: metrics.clone(),
        stop,
        status,
    })
}

/// The job's stages, behind the limit on the rate of reading if there is one.
fn stages(scrape: &ScrapeConfig, config: &Config) -> Vec<StageConfig> {
    let limits = &config.limits_config;
    let rate_limit = StageConfig::Limit(LimitConfig {
        rate: limits.readline_rate,
        burst: limits.readline_burst,
        drop: limits.readline_rate_drop,
        by_label_name: None,
        max_distinct_labels: None,
    });
    let rate_limit = limits.readline_rate_enabled.then_some(rate_limit);
    rate_limit.into_iter().chain(scrape.pipeline_stages.iter().cloned()).collect()
}

fn read_settings(config: &Config) -> ReadSettings {
    let limits = &config.limits_config;
    let unlimited = limits.max_line_size == 0;
    ReadSettings {
        min_poll: config.global.file_watch_config.min_poll_frequency,
        max_poll: config.global.file_watch_config.max_poll_frequency,
        sync_period: config.target_config.sync_period,
        max_line_bytes: if unlimited { crate::MAX_LINE_BYTES } else { limits.max_line_size as usize },
        long_lines: if unlimited || limits.max_line_size_truncate {
            LongLines::Truncate
        } else {
            LongLines::Drop
        },
        ..ReadSettings::default()
    }
}

/// Batches suit the client that wants them smallest and soonest.
fn batch_limits(config: &Config) -> BatchLimits {
    let clients = &config.clients;
    BatchLimits {
        bytes: clients.iter().map(|client| client.batchsize as usize).min().unwrap_or(1 << 20),
        wait: clients.iter().map(|client| client.batchwait).min().unwrap_or(Duration::from_secs(1)),
        max_streams: config.limits_config.max_streams as usize,
    }
}

fn spawn_job(name: &str, job: Job) -> anyhow::Result<oneshot::Receiver<()>> {
    let (ended, is_ended) = oneshot::channel();
    std::thread::Builder::new()
        .name(format!("job-{name}"))
        .spawn(move || {
            job.run();
            // Nobody waits any more when the collector was dropped.
            let _unheard = ended.send(());
        })
        .context("start a thread")?;
    Ok(is_ended)
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}
