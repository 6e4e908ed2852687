//! Starting and ending one component's process.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::journal::Journal;
use super::pump::{self, SharedLog};
use crate::components::Component;
use crate::network::Network;

/// How long a component may take to stop when asked; then it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// Tells a component's process which process it must not outlive.
pub const SUPERVISED_BY: &str = "MONITORING_STACK_SUPERVISED_BY";

/// Overrides the name that a service of the shop has in its telemetry.
const SERVICE_NAME: &str = "SERVICE_NAME";

/// The variable that sets [`SERVICE_NAME`] for one component: `ORDER_SERVICE_NAME` for order-service.
fn name_variable(component: &Component) -> String {
    format!("{}_NAME", component.name.replace('-', "_").to_ascii_uppercase())
}

/// How components are started: the same program, the same environment for all.
#[derive(Debug)]
pub struct Launcher {
    pub program: std::path::PathBuf,
    pub network: Network,
    pub environment: Vec<(&'static str, OsString)>,
}

impl Launcher {
    /// A launcher for the stack in `data` on `network`. Variables that the user has set to reach something else (a
    /// Loki elsewhere, say) stay as they are.
    pub fn new(program: &Path, data: &Path, logs: &Path, network: Network) -> Self {
        let mut environment: Vec<(&'static str, OsString)> = network
            .environment()
            .into_iter()
            .filter(|(name, _)| std::env::var_os(name).is_none_or(|value| value.is_empty()))
            .map(|(name, value)| (name, OsString::from(value)))
            .collect();
        environment.push(("MONITORING_STACK_DATA", data.into()));
        environment.push(("MONITORING_STACK_LOGS", logs.into()));
        environment.push((SUPERVISED_BY, std::process::id().to_string().into()));
        Self { program: program.to_owned(), network, environment }
    }

    /// Starts `component`; what it prints goes to `log`.
    pub fn start(
        &self,
        component: &'static Component,
        log: &SharedLog,
        journal: &Arc<Journal>,
    ) -> anyhow::Result<Child> {
        let (stdout, stderr) =
            pump::start(component.name, Arc::clone(log), Arc::clone(journal)).context("prepare its log")?;
        let mut command = Command::new(&self.program);
        // One name for all services would make them one in every trace: each has a variable of its own instead.
        match std::env::var_os(name_variable(component)) {
            Some(name) if !name.is_empty() => command.env(SERVICE_NAME, name),
            _ => command.env_remove(SERVICE_NAME),
        };
        command
            .arg("serve")
            .arg(component.name)
            .args(self.network.flags(component))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::from(stdout))
            .stderr(Stdio::from(stderr))
            // A group of its own: Ctrl-C at the terminal reaches the supervisor only, which then stops in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("run {}", self.program.display()))
    }
}

/// Asks a process to stop and waits; kills it and whatever it started when it takes too long.
pub async fn stop(child: &mut Child, component: &str, journal: &Journal) {
    let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw) else {
        return;
    };
    // It may be gone this very moment: then there is nothing to signal.
    kill(pid, Signal::SIGTERM).ok();
    if timeout(GRACE, child.wait()).await.is_ok() {
        return;
    }
    journal.warn(
        "component does not stop and is killed",
        serde_json::json!({"component": component, "pid": pid.as_raw(), "grace_s": GRACE.as_secs()}),
    );
    killpg(pid, Signal::SIGKILL).ok();
    drop(child.wait().await);
}

/// How a process ended, for people.
pub fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(name) => format!("killed by {name}"),
            Err(_) => format!("killed by signal {signal}"),
        },
        (None, None) => "ended".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_component_has_a_variable_for_its_name() {
        let component = crate::components::find("order-service").unwrap();
        assert_eq!(name_variable(component), "ORDER_SERVICE_NAME");
    }

    #[test]
    fn ends_are_described() {
        for (raw, expected) in
            [(0, "exited with code 0"), (2 << 8, "exited with code 2"), (9, "killed by SIGKILL")]
        {
            assert_eq!(describe(ExitStatus::from_raw(raw)), expected);
        }
    }

    #[tokio::test]
    async fn a_process_is_asked_to_stop() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("supervisor.log")).unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        stop(&mut child, "sleeper", &journal).await;
        assert_eq!(describe(child.wait().await.unwrap()), "killed by SIGTERM");
    }
}
