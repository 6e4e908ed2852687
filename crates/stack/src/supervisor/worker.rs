//! Keeps one component alive: starts it, notices when it is ready, starts it again when it ends without being asked.

mod state;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;
use tokio::process::Child;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use self::state::{Running, State};
use super::backoff::Backoff;
use super::journal::Journal;
use super::process::{self, Launcher};
use super::pump::SharedLog;
use super::rotate::RotatingFile;
use super::usage::Meter;
use super::{probe, usage};
use crate::components::Component;
use crate::control::ComponentStatus;
use crate::layout::Layout;

/// One component under supervision.
#[derive(Debug)]
pub struct Worker {
    component: &'static Component,
    launcher: Arc<Launcher>,
    journal: Arc<Journal>,
    log: SharedLog,
    state: Mutex<State>,
    restart: Notify,
    /// Whether it is to stay down until somebody starts it.
    held: watch::Sender<bool>,
    stop: CancellationToken,
    stopped: CancellationToken,
}

/// Why a process is no longer there.
enum End {
    Failed { reason: String, ran: Duration },
    RestartAsked,
    HoldAsked,
    StopAsked,
}

impl Worker {
    /// Prepares to run `component`.
    pub fn new(
        component: &'static Component,
        launcher: Arc<Launcher>,
        journal: Arc<Journal>,
        layout: &Layout,
    ) -> anyhow::Result<Self> {
        let log = RotatingFile::open(&layout.log_of(component.name))?;
        Ok(Self {
            component,
            launcher,
            journal,
            log: Arc::new(Mutex::new(log)),
            state: Mutex::default(),
            restart: Notify::new(),
            held: watch::Sender::new(false),
            stop: CancellationToken::new(),
            stopped: CancellationToken::new(),
        })
    }

    /// The component it runs.
    pub fn component(&self) -> &'static Component {
        self.component
    }

    /// Asks it to stop for good; [`Worker::run`] returns when that is done.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until it has stopped for good.
    pub async fn stopped(&self) {
        self.stopped.cancelled().await;
    }

    /// Asks for a new process in place of the present one; one that is held is started.
    pub fn restart(&self) {
        if !self.held.send_replace(false) {
            self.restart.notify_one();
        }
    }

    /// Asks it to stop and to stay down until [`Worker::start`].
    pub fn hold(&self) {
        self.held.send_replace(true);
    }

    /// Starts it again after [`Worker::hold`].
    pub fn start(&self) {
        self.held.send_replace(false);
    }

    /// Lets the processor meter see the present.
    pub fn tick(&self) {
        if let Some(process) = &mut self.state.lock().process {
            process.meter.tick();
        }
    }

    /// Runs the component until [`Worker::stop`].
    pub async fn run(&self) {
        let mut backoff = Backoff::default();
        let mut held = self.held.subscribe();
        loop {
            if !self.wait_while_held(&mut held).await {
                break;
            }
            let (reason, ran) = match self.run_once(&mut held).await {
                End::Failed { reason, ran } => (reason, ran),
                End::RestartAsked | End::HoldAsked => {
                    backoff.reset();
                    continue;
                }
                End::StopAsked => break,
            };
            let delay = backoff.after(ran);
            self.note_failure(&reason, ran, delay);
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.restart.notified() => backoff.reset(),
                () = is_held(&mut held) => backoff.reset(),
                () = self.stop.cancelled() => break,
            }
        }
        let mut state = self.state.lock();
        state.process = None;
        state.stopped = true;
        drop(state);
        self.stopped.cancel();
    }

    /// Returns once it may run; `false` when it never will again.
    async fn wait_while_held(&self, held: &mut watch::Receiver<bool>) -> bool {
        if !*held.borrow_and_update() {
            return true;
        }
        self.state.lock().hold();
        tokio::select! {
            // The sender lives as long as `self`.
            _ = held.wait_for(|held| !held) => {}
            () = self.stop.cancelled() => return false,
        }
        self.state.lock().held = false;
        true
    }

    async fn run_once(&self, held: &mut watch::Receiver<bool>) -> End {
        let started = Instant::now();
        match self.launcher.start(self.component, &self.log, &self.journal) {
            Ok(child) => self.watch(child, started, held).await,
            Err(error) => End::Failed { reason: format!("cannot start: {error:#}"), ran: started.elapsed() },
        }
    }

    async fn watch(&self, mut child: Child, started: Instant, held: &mut watch::Receiver<bool>) -> End {
        let pid = child.id().unwrap_or_default();
        self.note_start(pid, started);
        let address = self.launcher.network.reach(self.component.port);
        let readiness = probe::until_ready(address, self.component.ready_path);
        tokio::pin!(readiness);
        let mut is_ready = false;
        loop {
            tokio::select! {
                // An end is looked at before readiness: the port may be answered by somebody else.
                biased;
                result = child.wait() => {
                    let reason = match result {
                        Ok(status) => process::describe(status),
                        Err(error) => format!("cannot be waited for: {error}"),
                    };
                    return End::Failed { reason, ran: started.elapsed() };
                }
                () = self.stop.cancelled() => {
                    process::stop(&mut child, self.component.name, &self.journal).await;
                    self.journal.info("component stopped", json!({"component": self.component.name}));
                    return End::StopAsked;
                }
                () = is_held(held) => {
                    process::stop(&mut child, self.component.name, &self.journal).await;
                    let message = "component stopped as asked and stays down until it is started";
                    self.journal.info(message, json!({"component": self.component.name, "pid": pid}));
                    return End::HoldAsked;
                }
                () = self.restart.notified() => {
                    self.journal.info("component restarts as asked", json!({"component": self.component.name, "pid": pid}));
                    process::stop(&mut child, self.component.name, &self.journal).await;
                    return End::RestartAsked;
                }
                () = &mut readiness, if !is_ready => {
                    is_ready = true;
                    self.note_ready(pid, started.elapsed());
                }
            }
        }
    }

    fn note_start(&self, pid: u32, started: Instant) {
        let mut state = self.state.lock();
        let meter = Meter::new(i32::try_from(pid).unwrap_or(-1));
        state.process = Some(Running { pid, started, ready_after: None, meter });
        state.starts += 1;
        state.waiting = None;
        let restarts = state.starts - 1;
        drop(state);
        self.journal.info(
            "component started",
            json!({"component": self.component.name, "pid": pid, "restarts": restarts}),
        );
    }

    fn note_ready(&self, pid: u32, after: Duration) {
        let mut state = self.state.lock();
        if let Some(process) = &mut state.process {
            process.ready_after = Some(after);
        }
        state.failures = 0;
        drop(state);
        let ready_after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        self.journal.info(
            "component ready",
            json!({"component": self.component.name, "pid": pid, "ready_after_ms": ready_after_ms}),
        );
    }

    fn note_failure(&self, reason: &str, ran: Duration, delay: Duration) {
        let mut state = self.state.lock();
        let pid = state.process.take().map(|process| process.pid);
        state.failures += 1;
        state.last_exit = Some(reason.to_owned());
        state.waiting = Some(delay);
        let failures = state.failures;
        drop(state);
        self.journal.warn(
            "component ended unexpectedly and is started again",
            json!({
                "component": self.component.name,
                "pid": pid,
                "reason": reason,
                "ran_s": round_ms(ran),
                "delay_s": round_ms(delay),
                "failures": failures,
            }),
        );
    }

    /// How the component is. With `asked`, the answer it gave to a probe just now counts too.
    pub fn status(&self, asked: Option<Result<(), String>>) -> ComponentStatus {
        let network = self.launcher.network;
        let state = self.state.lock();
        let process = state.process.as_ref();
        let (health, message) = state.health(asked);
        ComponentStatus {
            name: self.component.name.to_owned(),
            role: self.component.role.to_owned(),
            pid: process.map(|process| process.pid),
            address: network.reach(self.component.port).to_string(),
            url: network.url(self.component.port),
            health,
            message,
            restarts: state.starts.saturating_sub(1),
            failures: state.failures,
            last_exit: state.last_exit.clone(),
            ready_after_ms: process
                .and_then(|process| process.ready_after)
                .and_then(|after| u64::try_from(after.as_millis()).ok()),
            uptime_s: process.map(|process| round_ms(process.started.elapsed())),
            usage: process.and_then(|process| process.meter.usage()),
        }
    }

    /// Whether there is a process that has been ready: only such are worth a probe.
    pub fn was_ready(&self) -> bool {
        self.state.lock().process.as_ref().is_some_and(|process| process.ready_after.is_some())
    }
}

/// Completes once the component is to stay down.
async fn is_held(held: &mut watch::Receiver<bool>) {
    if held.wait_for(|held| *held).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Seconds with milliseconds: enough for people, short in JSON.
pub fn round_ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

/// Resident memory of this very process.
pub fn own_memory() -> (u64, u64) {
    i32::try_from(std::process::id()).ok().and_then(usage::memory).unwrap_or_default()
}

#[cfg(test)]
mod tests;
