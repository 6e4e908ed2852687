//! Runs all components as child processes of one small parent.
//!
//! Invariants: one supervisor per data folder (a lock, not a pid file); every port is free before the first process is
//! started; no process outlives the supervisor, whatever ends it (see `serve`, which asks the kernel for that).
//! Everything happens on one thread, because the kernel ties "dies with its parent" to the thread that started a
//! process; only the pumps of the logs have threads of their own.

mod backoff;
pub mod journal;
mod probe;
pub mod process;
mod pump;
pub mod rotate;
mod usage;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::journal::{Echo, Journal};
use self::process::Launcher;
use self::worker::{Worker, own_memory, round_ms};
use crate::components::{self, COMPONENTS, SUPERVISOR};
use crate::control::{Request, Response, StackStatus, server};
use crate::layout::Layout;
use crate::network::Network;
use crate::ports;

/// How often the processor meters look.
const TICK: Duration = Duration::from_secs(15);

/// What a supervisor needs to know.
#[derive(Debug)]
pub struct Settings {
    pub program: PathBuf,
    pub layout: Layout,
    pub network: Network,
    pub echo: Echo,
}

/// A running supervisor.
#[derive(Debug)]
pub struct Supervisor {
    layout: Layout,
    network: Network,
    journal: Arc<Journal>,
    workers: Vec<Arc<Worker>>,
    started: Instant,
    started_at: Timestamp,
    stop: CancellationToken,
    stopped: CancellationToken,
}

/// Says which ports are taken, or nothing when all are free.
pub fn check_ports(network: Network) -> anyhow::Result<()> {
    let occupied = ports::occupied(network);
    if occupied.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = occupied.iter().map(|one| format!("  {one}")).collect();
    bail!(
        "nothing was started, because ports are occupied:\n{}\nstop what uses them, or shift every port of this \
         stack with --port-offset 10000",
        lines.join("\n")
    )
}

/// Runs the stack until it is asked to stop, by a signal or over the socket. `on_start` gets the supervisor once all
/// components have been started (not: are ready).
pub async fn run(settings: Settings, on_start: impl FnOnce(&Arc<Supervisor>)) -> anyhow::Result<()> {
    let Settings { program, layout, network, echo } = settings;
    layout.create()?;
    let _lock = match layout.lock()? {
        Ok(lock) => lock,
        Err(holder) => bail!("a stack is running already in {} ({holder})", layout.root().display()),
    };
    check_ports(network)?;
    let journal =
        Arc::new(Journal::with_echo(&layout.log_of(SUPERVISOR), echo).context("open the supervisor's log")?);
    let listener = server::listen(&layout)?;
    let launcher = Arc::new(Launcher::new(&program, layout.root(), &layout.logs(), network));
    let workers = COMPONENTS
        .iter()
        .map(|component| {
            Worker::new(component, Arc::clone(&launcher), Arc::clone(&journal), &layout)
                .map(Arc::new)
                .with_context(|| format!("open the log of {}", component.name))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let supervisor = Arc::new(Supervisor {
        layout,
        network,
        journal,
        workers,
        started: Instant::now(),
        started_at: Timestamp::now(),
        stop: CancellationToken::new(),
        stopped: CancellationToken::new(),
    });
    stop_on_signals(&supervisor)?;
    let control = tokio::spawn(server::serve(
        listener,
        Arc::clone(&supervisor),
        supervisor.stopped.clone().cancelled_owned(),
    ));
    supervisor.supervise(on_start).await;
    drop(control.await);
    drop(std::fs::remove_file(supervisor.layout.socket()));
    Ok(())
}

impl Supervisor {
    async fn supervise(self: &Arc<Self>, on_start: impl FnOnce(&Arc<Self>)) {
        self.journal.info(
            "supervisor started",
            json!({
                "version": env!("CARGO_PKG_VERSION"),
                "pid": std::process::id(),
                "data": self.layout.root(),
                "port_offset": self.network.offset(),
            }),
        );
        let mut running = JoinSet::new();
        for worker in &self.workers {
            let worker = Arc::clone(worker);
            running.spawn(async move { worker.run().await });
        }
        on_start(self);
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                _ = ticks.tick() => self.workers.iter().for_each(|worker| worker.tick()),
            }
        }
        self.stop_in_stages().await;
        while running.join_next().await.is_some() {}
        self.journal.info("supervisor stopped", json!({"uptime_s": round_ms(self.started.elapsed())}));
        self.stopped.cancel();
    }

    /// Stops callers before those they call; within a stage all at once.
    async fn stop_in_stages(&self) {
        let highest = COMPONENTS.iter().map(|component| component.stage).max().unwrap_or_default();
        for stage in (0..=highest).rev() {
            let stage: Vec<&Arc<Worker>> =
                self.workers.iter().filter(|worker| worker.component().stage == stage).collect();
            stage.iter().for_each(|worker| worker.stop());
            join_all(stage.iter().map(|worker| worker.stopped())).await;
        }
    }

    /// Begins to stop everything.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// How everything is; with `probe` every component that runs is asked.
    pub async fn status(&self, probe: bool) -> StackStatus {
        let components: Vec<_> = join_all(self.workers.iter().map(|worker| async move {
            let component = worker.component();
            let asked = if probe && worker.was_ready() {
                Some(probe::ask(self.network.reach(component.port), component.ready_path).await)
            } else {
                None
            };
            worker.status(asked)
        }))
        .await;
        let (rss_bytes, pss_bytes) = own_memory();
        let of_components: u64 = components.iter().filter_map(|one| Some(one.usage?.pss_bytes)).sum();
        StackStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            data: self.layout.root().to_owned(),
            host: self.network.reach(0).ip(),
            port_offset: self.network.offset(),
            started_at: self.started_at.to_string(),
            uptime_s: round_ms(self.started.elapsed()),
            rss_bytes,
            total_memory_bytes: pss_bytes + of_components,
            stopping: self.stop.is_cancelled(),
            components,
        }
    }

    fn tell(&self, name: &str, order: impl Fn(&Worker)) -> Response {
        if self.stop.is_cancelled() {
            return Response::refused("the stack is stopping");
        }
        let Some(component) = components::find(name) else {
            return Response::refused(format!(
                "no component is called {name:?}; there are {}",
                components::names()
            ));
        };
        self.workers
            .iter()
            .filter(|worker| worker.component().name == component.name)
            .for_each(|worker| order(worker));
        Response::done()
    }
}

impl server::Handler for Supervisor {
    async fn answer(&self, request: Request) -> Response {
        match request {
            Request::Status { probe } => Response::status(self.status(probe).await),
            Request::Restart { component } => self.tell(&component, Worker::restart),
            Request::Hold { component } => self.tell(&component, Worker::hold),
            Request::Start { component } => self.tell(&component, Worker::start),
            Request::Stop => {
                self.stop();
                self.stopped.cancelled().await;
                Response::done()
            }
        }
    }
}

/// The first signal stops in order, the second at once: the kernel then ends all components with us.
fn stop_on_signals(supervisor: &Arc<Supervisor>) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("watch for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("watch for SIGTERM")?;
    let mut hangup = signal(SignalKind::hangup()).context("watch for SIGHUP")?;
    let supervisor = Arc::clone(supervisor);
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = interrupt.recv() => "SIGINT",
                _ = terminate.recv() => "SIGTERM",
                _ = hangup.recv() => "SIGHUP",
            };
            if supervisor.stop.is_cancelled() {
                exit_now();
            }
            supervisor.journal.info("stopping", json!({"signal": name}));
            supervisor.stop();
        }
    });
    Ok(())
}

#[expect(clippy::exit, reason = "the second signal means: now")]
fn exit_now() -> ! {
    std::process::exit(130)
}
