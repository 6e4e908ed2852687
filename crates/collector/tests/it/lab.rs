//! A folder with log files, a store, and a collector between them.

use std::io::Write as _;
use std::path::PathBuf;

use collector::config::{self, Config};
use collector::{Collector, Mode};
use tempfile::TempDir;

use crate::loki::FakeLoki;

pub struct Lab {
    pub loki: FakeLoki,
    folder: TempDir,
    collector: Option<Collector>,
    /// Options of the client and the job, as YAML.
    pub client: String,
    pub backoff: String,
    pub job: String,
    /// More sections of the file.
    pub more: String,
    /// The glob below the folder.
    pub glob: String,
}

impl Lab {
    pub async fn new() -> Self {
        Self {
            loki: FakeLoki::start().await,
            folder: tempfile::tempdir().unwrap(),
            collector: None,
            client: String::new(),
            backoff: "min_period: 5ms, max_period: 50ms".to_owned(),
            job: String::new(),
            more: String::new(),
            glob: "*.log".to_owned(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn config(&self) -> Config {
        let text = format!(
            "
positions: {{filename: {positions}}}
global: {{file_watch_config: {{min_poll_frequency: 5ms, max_poll_frequency: 20ms}}}}
clients:
  - {{url: '{url}', batchwait: 20ms, backoff_config: {{{backoff}}}, {client}}}
scrape_configs:
  - job_name: test
    static_configs: [{{labels: {{job: test, __path__: '{glob}'}}}}]
{job}
{more}
",
            positions = self.path("positions.yaml").display(),
            url = self.loki.url(),
            backoff = self.backoff,
            client = self.client,
            glob = self.path(&self.glob).display(),
            job = self.job,
            more = self.more,
        );
        config::parse(&text, "test").unwrap()
    }

    pub async fn start(&mut self) {
        self.collector = Some(Collector::start(&self.config(), None, Mode::Send).await.unwrap());
    }

    /// An orderly end.
    pub async fn stop(&mut self) {
        self.collector.take().unwrap().stop().await.unwrap();
    }

    /// An end without warning.
    pub fn crash(&mut self) {
        drop(self.collector.take().unwrap());
    }

    pub fn metrics(&self) -> String {
        self.collector.as_ref().unwrap().metrics.render()
    }

    pub fn append(&self, name: &str, text: impl AsRef<[u8]>) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(self.path(name)).unwrap();
        file.write_all(text.as_ref()).unwrap();
    }

    pub fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub fn truncate(&self, name: &str) {
        std::fs::OpenOptions::new().write(true).open(self.path(name)).unwrap().set_len(0).unwrap();
    }

    pub fn positions(&self) -> String {
        std::fs::read_to_string(self.path("positions.yaml")).unwrap_or_default()
    }

    /// Waits for these lines, in this order, and no others.
    pub async fn expect_lines(&self, expected: &[&str]) {
        self.loki.wait_for(expected.len()).await;
        assert_eq!(self.loki.lines(), expected);
    }
}
