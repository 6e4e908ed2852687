//! One component as a real process (`monitoring-stack serve …`) on ports of its own, for tests that kill it.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use parking_lot::Mutex;
use serde_json::Value;

/// Starting takes milliseconds; recovery of a large log on a busy machine takes longer.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// How long an orderly stop may take.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// Lines kept to explain a failure.
const KEPT_LINES: usize = 200;

/// What to start.
///
/// ```no_run
/// # fn main() -> anyhow::Result<()> {
/// let folder = tempfile::tempdir()?;
/// let mut store = testkit::Serve::new("log-store", folder.path()).start()?;
/// let url = format!("http://{}/ready", store.address("")?);
/// store.kill()?; // as `kill -9` does
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Serve {
    component: String,
    data: PathBuf,
    flags: Vec<String>,
    variables: Vec<(String, String)>,
    listeners: usize,
}

impl Serve {
    /// `component` with its data below `data`, listening on a port that the system chooses.
    pub fn new(component: &str, data: &Path) -> Self {
        Self {
            component: component.to_owned(),
            data: data.to_owned(),
            flags: Vec::new(),
            variables: Vec::new(),
            listeners: 1,
        }
    }

    /// One more flag with its value.
    pub fn flag(mut self, name: &str, value: &str) -> Self {
        self.flags.extend([name.to_owned(), value.to_owned()]);
        self
    }

    /// One more flag that names an address to listen on; the system chooses the port. Starting waits for it too.
    pub fn listener(mut self, flag: &str) -> Self {
        self.listeners += 1;
        self.flag(flag, "127.0.0.1:0")
    }

    /// One more environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts the process and waits until it listens everywhere. That it is ready is for the caller to ask.
    pub fn start(&self) -> anyhow::Result<ServeProcess> {
        let program = stack_program()?;
        let mut child = Command::new(&program)
            .args(["serve", &self.component, "--listen", "127.0.0.1:0"])
            .args(&self.flags)
            // Beside the folder there is nothing: no configuration file of the checkout is picked up.
            .current_dir(&self.data)
            .env("MONITORING_STACK_DATA", &self.data)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("run {}", program.display()))?;
        let (sender, listening) = sync_channel(16);
        let lines = Arc::new(Mutex::new(VecDeque::new()));
        let outputs: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|output| Box::new(output) as Box<dyn Read + Send>),
            child.stderr.take().map(|output| Box::new(output) as Box<dyn Read + Send>),
        ];
        for output in outputs.into_iter().flatten() {
            let (sender, lines) = (sender.clone(), Arc::clone(&lines));
            std::thread::spawn(move || read_lines(output, &sender, &lines));
        }
        drop(sender);
        let mut process = ServeProcess { child, addresses: Vec::new(), lines };
        process.wait_for_listeners(&listening, self.listeners)?;
        Ok(process)
    }
}

/// A running component; killed when dropped.
#[derive(Debug)]
pub struct ServeProcess {
    child: Child,
    addresses: Vec<(String, SocketAddr)>,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl ServeProcess {
    /// The address whose purpose (as in its `listening` line) contains `purpose`; the first one for `""`.
    pub fn address(&self, purpose: &str) -> anyhow::Result<SocketAddr> {
        self.addresses
            .iter()
            .find(|(known, _)| known.contains(purpose))
            .map(|(_, address)| *address)
            .with_context(|| format!("nothing listens for {purpose:?}, only {:?}", self.addresses))
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().context("kill")?;
        self.child.wait().context("wait for the killed process")?;
        Ok(())
    }

    /// Asks it to stop (SIGTERM) and waits for that.
    pub fn terminate(&mut self) -> anyhow::Result<ExitStatus> {
        let pid = i32::try_from(self.child.id()).context("pid")?;
        kill(Pid::from_raw(pid), Signal::SIGTERM).context("terminate")?;
        let deadline = Instant::now() + STOP_PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(Instant::now() < deadline, "does not stop:\n{}", self.last_lines());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What it printed last, to explain a failure.
    pub fn last_lines(&self) -> String {
        let lines: Vec<String> = self.lines.lock().iter().cloned().collect();
        lines.join("\n")
    }

    fn wait_for_listeners(
        &mut self,
        listening: &Receiver<(String, SocketAddr)>,
        wanted: usize,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_PATIENCE;
        while self.addresses.len() < wanted {
            let patience = deadline.saturating_duration_since(Instant::now());
            match listening.recv_timeout(patience) {
                Ok(found) => self.addresses.push(found),
                Err(RecvTimeoutError::Disconnected) => bail!("ended while starting:\n{}", self.last_lines()),
                Err(RecvTimeoutError::Timeout) => bail!("does not listen:\n{}", self.last_lines()),
            }
        }
        Ok(())
    }
}

impl Drop for ServeProcess {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read_lines(
    output: Box<dyn Read + Send>,
    listening: &SyncSender<(String, SocketAddr)>,
    lines: &Mutex<VecDeque<String>>,
) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if let Some(found) = listening_line(&line) {
            // Nobody waits any more once all listeners are known.
            drop(listening.try_send(found));
        }
        let mut lines = lines.lock();
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

fn listening_line(line: &str) -> Option<(String, SocketAddr)> {
    let fields: Value = serde_json::from_str(line).ok()?;
    if fields["message"] != "listening" {
        return None;
    }
    let purpose = fields["purpose"].as_str().unwrap_or_default().to_owned();
    Some((purpose, fields["address"].as_str()?.parse().ok()?))
}

/// The `monitoring-stack` program: `MONITORING_STACK_BIN`, else the one that cargo built beside the running test.
pub fn stack_program() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("MONITORING_STACK_BIN") {
        return Ok(PathBuf::from(path));
    }
    let test = std::env::current_exe().context("the test's own file")?;
    let folder = test.parent().and_then(Path::parent).context("the test's folder")?;
    let program = folder.join("monitoring-stack");
    ensure!(
        program.exists(),
        "{} is missing: run `cargo build -p stack`, or all tests with `make test`",
        program.display()
    );
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_lines_are_recognised() {
        for (line, expected) in [
            (
                r#"{"message":"listening","purpose":"OTLP gRPC","address":"127.0.0.1:4317"}"#,
                Some(("OTLP gRPC", "127.0.0.1:4317")),
            ),
            (r#"{"message":"listening","address":"[::1]:80"}"#, Some(("", "[::1]:80"))),
            (r#"{"message":"listening","address":"nowhere"}"#, None),
            (r#"{"message":"ready"}"#, None),
            ("listening", None),
        ] {
            let found = listening_line(line);
            let found = found.as_ref().map(|(purpose, address)| (purpose.as_str(), address.to_string()));
            let expected = expected.map(|(purpose, address)| (purpose, address.to_owned()));
            assert_eq!(found, expected, "{line}");
        }
    }
}
