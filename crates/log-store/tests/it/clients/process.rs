//! A client's program as a process.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// A program takes seconds at most; this is for machines that are busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running program; ended when dropped. What it says on standard error is part of the test's output.
pub(crate) struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Client {
    /// A program of `tests/clients/node`.
    pub(crate) fn node(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new("node");
        command.env("NODE_PATH", installed("node_modules"));
        Self::start(command.arg(programs().join("node").join(program)).args(arguments))
    }

    /// A program of `tests/clients/python`.
    pub(crate) fn python(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(installed("venv").join("bin/python"));
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
        Self::start(command.arg(programs().join("python").join(program)).args(arguments))
    }

    pub(crate) fn start(command: &mut Command) -> Self {
        // A proxy of the machine has no business between a test and its server.
        command.env("NO_PROXY", "*").env("no_proxy", "*");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output) }
    }

    /// The next line that it prints.
    pub(crate) async fn says(&mut self) -> String {
        let mut line = String::new();
        timeout(PATIENCE, self.output.read_line(&mut line))
            .await
            .expect("the client says something")
            .unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) async fn tell(&mut self, command: &str) {
        self.input.write_all(format!("{command}\n").as_bytes()).await.unwrap();
    }

    /// Waits until it has ended well; returns what else it printed.
    pub(crate) async fn finish(mut self) -> String {
        let mut rest = String::new();
        let ended = async {
            self.output.read_to_string(&mut rest).await.unwrap();
            self.child.wait().await.unwrap()
        };
        let status = timeout(PATIENCE, ended).await.expect("the client ends");
        assert!(status.success(), "the client failed: {status}\n{rest}");
        rest
    }
}

pub(crate) fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients")
}

/// A folder of what `scripts/install-clients.sh` installed into the folder that cargo builds in.
fn installed(part: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let mut folders = test.ancestors().map(|folder| folder.join("clients").join(part));
    folders.find(|folder| folder.with_extension("installed").exists()).unwrap_or_else(|| {
        panic!("the clients are not installed: run `make test`, or `scripts/install-clients.sh` first")
    })
}
