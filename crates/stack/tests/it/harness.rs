//! One stack per test, and waiting for what it does.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_monitoring-stack");

/// Telemetry must be found within this time.
pub const MINUTE: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_millis(50);

/// Sets of ports: ten stacks, ten ports apart, collide neither with each other nor with what the system chooses.
const SLOTS: u16 = 10;

/// The usual ports of all components.
pub const PORTS: [u16; 10] = [3000, 3100, 3200, 4317, 4318, 8081, 8082, 8083, 8084, 9080];

/// A stack in a temporary folder; stopped and removed with the value.
#[derive(Debug)]
pub struct Stack {
    folder: TempDir,
    working_directory: PathBuf,
    offset: u16,
    pub http: Client,
    _slot: File,
}

impl Stack {
    /// A stack that isn't running yet, started in an empty folder: built-in configuration.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("stack-").tempdir().unwrap();
        let (slot, offset) = free_offset();
        let http = Client::builder().timeout(Duration::from_secs(10)).no_proxy().build().unwrap();
        let working_directory = folder.path().to_owned();
        Self { folder, working_directory, offset, http, _slot: slot }
    }

    /// The same, started in the checkout: with the configuration files of `infrastructure/`.
    pub fn in_checkout() -> Self {
        let mut stack = Self::new();
        stack.working_directory = checkout();
        stack
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The shifted port.
    pub fn port(&self, usual: u16) -> u16 {
        usual + self.offset
    }

    /// The URL at the shifted port.
    pub fn url(&self, usual: u16, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port(usual))
    }

    /// The program with this stack's flags, in an environment without surprises.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .arg("--data")
            .arg(self.data())
            .args(["--port-offset", &self.offset.to_string()])
            .args(arguments)
            .current_dir(&self.working_directory)
            .env_clear()
            .envs(["PATH", "HOME", "TMPDIR"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Runs a command that must succeed.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}:\n{}{}", ran.stdout, self.logs());
        ran.stdout
    }

    /// `status -o json`.
    pub fn status(&self) -> Value {
        serde_json::from_str(&self.succeed(&["status", "-o", "json"])).unwrap()
    }

    /// The process ids of the supervisor and all components that run.
    pub fn pids(&self) -> Vec<i32> {
        let status = self.status();
        let components = status["components"].as_array().unwrap();
        std::iter::once(&status["pid"])
            .chain(components.iter().map(|component| &component["pid"]))
            .filter_map(Value::as_i64)
            .map(|pid| i32::try_from(pid).unwrap())
            .collect()
    }

    /// One component's part of the status.
    pub fn component(&self, name: &str) -> Value {
        let status = self.status();
        let components = status["components"].as_array().unwrap();
        components.iter().find(|component| component["name"] == name).unwrap().clone()
    }

    /// Places the order of the manual, exactly as its `curl -d` does; returns its trace id.
    pub async fn place_order(&self) -> String {
        let response = self
            .http
            .request(Method::POST, self.url(8083, "/orders"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(r#"{"user_id":1,"products":[{"id":1,"quantity":2}]}"#)
            .send()
            .await
            .unwrap();
        let status = response.status();
        let trace_id = response.headers().get("x-trace-id").map(|id| id.to_str().unwrap().to_owned());
        let body = response.text().await.unwrap();
        assert_eq!(status, 201, "{body}");
        trace_id.expect("X-Trace-Id")
    }

    /// GET until `check` accepts the body.
    pub async fn get_until(&self, what: &str, url: &str, check: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + MINUTE;
        let mut latest = String::new();
        while Instant::now() < deadline {
            latest = match self.http.get(url).send().await {
                Ok(response) => response.text().await.unwrap_or_default(),
                Err(error) => error.to_string(),
            };
            if check(&latest) {
                return latest;
            }
            tokio::time::sleep(POLL).await;
        }
        panic!("not within a minute: {what}\n{url}\n{latest}\n{}", self.logs());
    }

    /// Waits until the order's trace spans the three services and its log lines are found.
    pub async fn find_telemetry(&self, trace_id: &str) {
        let trace = self.url(3200, &format!("/api/v2/traces/{trace_id}"));
        self.get_until("trace over three services", &trace, |body| {
            ["order-service", "user-service", "product-service"].iter().all(|name| body.contains(name))
        })
        .await;
        let lines = self.log_query(&format!(r#"{{job="ecommerce"}} |= "{trace_id}""#));
        self.get_until("log lines by trace id", &lines, |body| {
            body.contains(trace_id) && body.contains(r#""values":[["#)
        })
        .await;
    }

    /// The URL of a log query.
    pub fn log_query(&self, query: &str) -> String {
        let mut url = reqwest::Url::parse(&self.url(3100, "/loki/api/v1/query_range")).unwrap();
        url.query_pairs_mut().append_pair("query", query);
        url.to_string()
    }

    /// The usual ports on which something of this stack still listens.
    pub fn open_ports(&self) -> Vec<u16> {
        PORTS
            .into_iter()
            .filter(|usual| std::net::TcpListener::bind(("127.0.0.1", self.port(*usual))).is_err())
            .collect()
    }

    /// What was logged, to explain a failure.
    pub fn logs(&self) -> String {
        let ran = Ran::from(self.command(&["logs", "-n", "60"]).output().unwrap());
        format!("--- last log lines\n{}", ran.stdout)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let ran = self.run(&["down"]);
        if ran.code != 0 && !std::thread::panicking() {
            panic!("down: {}", ran.stdout);
        }
    }
}

/// How a command went.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    /// stdout, then stderr
    pub stdout: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout) + &text(&output.stderr),
        }
    }
}

/// The repository.
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Whether a process exists (and isn't just waiting for its parent to notice its end).
pub fn is_running(pid: i32) -> bool {
    procfs::process::Process::new(pid).and_then(|process| process.stat()).is_ok_and(|stat| stat.state != 'Z')
}

/// Waits for a condition that nothing announces.
pub fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + MINUTE;
    while !condition() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        std::thread::sleep(POLL);
    }
}

/// A set of ports that no other test uses at the same time and that is free.
fn free_offset() -> (File, u16) {
    let deadline = Instant::now() + 10 * MINUTE;
    loop {
        for step in 0..SLOTS {
            let path = std::env::temp_dir().join(format!("monitoring-stack-test-{step}.lock"));
            let slot = OpenOptions::new().create(true).truncate(false).write(true).open(path).unwrap();
            let offset = 10_000 + step * 10;
            let is_free = |usual: &u16| std::net::TcpListener::bind(("127.0.0.1", usual + offset)).is_ok();
            if slot.try_lock().is_ok() && PORTS.iter().all(is_free) {
                return (slot, offset);
            }
        }
        assert!(Instant::now() < deadline, "no free set of ports");
        std::thread::sleep(POLL);
    }
}
