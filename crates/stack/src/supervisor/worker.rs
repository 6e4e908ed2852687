//! Keeps one component alive: starts it, notices when it is ready, starts it again when it ends without being asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;
use tokio::process::Child;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::journal::Journal;
use super::process::{self, Launcher};
use super::pump::SharedLog;
use super::rotate::RotatingFile;
use super::usage::Meter;
use super::{probe, usage};
use crate::components::Component;
use crate::control::{ComponentStatus, Health};
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

/// What is known about it at this moment.
#[derive(Debug, Default)]
struct State {
    process: Option<Running>,
    starts: u32,
    failures: u32,
    last_exit: Option<String>,
    waiting: Option<Duration>,
    held: bool,
    stopped: bool,
}

#[derive(Debug)]
struct Running {
    pid: u32,
    started: Instant,
    ready_after: Option<Duration>,
    meter: Meter,
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

impl State {
    fn hold(&mut self) {
        self.process = None;
        self.waiting = None;
        self.failures = 0;
        self.held = true;
    }

    fn health(&self, asked: Option<Result<(), String>>) -> (Health, Option<String>) {
        let last_exit = || self.last_exit.clone();
        match &self.process {
            _ if self.stopped => (Health::Stopped, None),
            None if self.held => (Health::Stopped, Some("stopped on request".to_owned())),
            None => {
                let wait = self.waiting.unwrap_or_default().as_secs_f64();
                let reason = last_exit().unwrap_or_else(|| "not started yet".to_owned());
                (Health::Down, Some(format!("{reason}; next start within {wait:.1} s")))
            }
            Some(process) if process.ready_after.is_none() => (Health::Starting, last_exit()),
            Some(_) => match asked {
                Some(Err(problem)) => (Health::Degraded, Some(problem)),
                Some(Ok(())) | None => (Health::Up, None),
            },
        }
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
mod tests {
    use std::path::Path;

    use super::*;
    use crate::components;
    use crate::network::Network;

    /// A worker whose component is the shell script `script`; it gets the component's usual arguments.
    fn worker(folder: &Path, script: &str) -> Arc<Worker> {
        use std::os::unix::fs::PermissionsExt as _;
        let program = folder.join("component");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let layout = Layout::new(&folder.join("data")).unwrap();
        layout.create().unwrap();
        let network = Network::on([127, 0, 0, 1].into(), crate::network::MAX_OFFSET);
        let launcher = Arc::new(Launcher::new(&program, layout.root(), &layout.logs(), network));
        let journal = Arc::new(Journal::open(&layout.log_of("supervisor")).unwrap());
        let component = components::find("order-service").unwrap();
        Arc::new(Worker::new(component, launcher, journal, &layout).unwrap())
    }

    async fn until(
        what: &str,
        worker: &Worker,
        condition: impl Fn(&ComponentStatus) -> bool,
    ) -> ComponentStatus {
        let wait = async {
            loop {
                let status = worker.status(None);
                if condition(&status) {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(20), wait).await {
            Ok(status) => status,
            Err(_) => panic!("not within 20 s: {what}; {:?}", worker.status(None)),
        }
    }

    #[tokio::test]
    async fn a_component_that_ends_is_started_again_with_its_reason_kept() {
        let folder = tempfile::tempdir().unwrap();
        let worker = worker(folder.path(), r#"echo "$@ $ORDER_SERVICE_URL"; exit 7"#);
        let running = tokio::spawn({
            let worker = Arc::clone(&worker);
            async move { worker.run().await }
        });
        let status = until("two restarts", &worker, |status| status.restarts >= 2).await;
        assert_eq!(status.last_exit.as_deref(), Some("exited with code 7"));
        worker.stop();
        running.await.unwrap();
        assert_eq!(worker.status(None).health, Health::Stopped);
        let log = std::fs::read_to_string(folder.path().join("data/logs/order-service.log")).unwrap();
        let first = log.lines().next().unwrap();
        assert!(first.starts_with("serve order-service --listen 127.0.0.1:64538"), "{first}");
        let journal = std::fs::read_to_string(folder.path().join("data/logs/supervisor.log")).unwrap();
        assert!(journal.contains(r#""reason":"exited with code 7""#), "{journal}");
    }

    #[tokio::test]
    async fn a_component_that_is_held_stays_down_until_it_is_started() {
        let folder = tempfile::tempdir().unwrap();
        let worker = worker(folder.path(), "exec sleep 600");
        let running = tokio::spawn({
            let worker = Arc::clone(&worker);
            async move { worker.run().await }
        });
        let stopped = |status: &ComponentStatus| status.health == Health::Stopped;
        for start in [Worker::start, Worker::restart] {
            until("a process", &worker, |status| status.pid.is_some()).await;
            worker.hold();
            let held = until("no process", &worker, stopped).await;
            assert_eq!((held.pid, held.message.as_deref()), (None, Some("stopped on request")));
            start(&worker);
        }
        let again = until("a process again", &worker, |status| status.pid.is_some()).await;
        assert_eq!((again.failures, again.restarts), (0, 2));
        worker.hold();
        until("no process", &worker, stopped).await;
        worker.stop();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_restart_that_was_asked_for_is_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        let worker = worker(folder.path(), "exec sleep 600");
        let running = tokio::spawn({
            let worker = Arc::clone(&worker);
            async move { worker.run().await }
        });
        let first = until("a process", &worker, |status| status.pid.is_some()).await;
        assert_eq!(first.health, Health::Starting);
        worker.restart();
        let second =
            until("another process", &worker, |status| status.pid.is_some() && status.pid != first.pid).await;
        assert_eq!((second.restarts, second.failures), (1, 0));
        worker.stop();
        running.await.unwrap();
        let pid = i32::try_from(second.pid.unwrap()).unwrap();
        assert!(nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_err(), "still running");
    }

    #[test]
    fn health_follows_process_readiness_and_probe() {
        let running =
            |ready_after| Running { pid: 1, started: Instant::now(), ready_after, meter: Meter::new(1) };
        let mut state = State { last_exit: Some("killed by SIGKILL".to_owned()), ..State::default() };
        state.waiting = Some(Duration::from_millis(400));
        let (health, message) = state.health(None);
        assert_eq!(health, Health::Down);
        assert_eq!(message.as_deref(), Some("killed by SIGKILL; next start within 0.4 s"));
        state.process = Some(running(None));
        assert_eq!(state.health(Some(Ok(()))).0, Health::Starting);
        state.process = Some(running(Some(Duration::ZERO)));
        assert_eq!(state.health(None).0, Health::Up);
        assert_eq!(
            state.health(Some(Err("answers 503".to_owned()))),
            (Health::Degraded, Some("answers 503".to_owned()))
        );
        state.stopped = true;
        assert_eq!(state.health(None).0, Health::Stopped);
    }
}
