//! What a worker knows of its component, and what that says about its health.

use std::time::{Duration, Instant};

use crate::control::Health;
use crate::supervisor::usage::Meter;

/// What is known about it at this moment.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) process: Option<Running>,
    pub(super) starts: u32,
    pub(super) failures: u32,
    pub(super) last_exit: Option<String>,
    pub(super) waiting: Option<Duration>,
    pub(super) held: bool,
    pub(super) stopped: bool,
}

#[derive(Debug)]
pub(super) struct Running {
    pub(super) pid: u32,
    pub(super) started: Instant,
    pub(super) ready_after: Option<Duration>,
    pub(super) meter: Meter,
}

impl State {
    /// Its process is gone, and stays away.
    pub(super) fn hold(&mut self) {
        self.process = None;
        self.waiting = None;
        self.failures = 0;
        self.held = true;
    }

    /// How it is. With `asked`, the answer it gave to a probe just now counts too.
    pub(super) fn health(&self, asked: Option<Result<(), String>>) -> (Health, Option<String>) {
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
