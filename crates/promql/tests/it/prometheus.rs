//! A Prometheus of the test's own, filled by remote write.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use promql::SampleSeries;
use protocols::prometheus::{Label, Sample, TimeSeries, WriteRequest, encode_write};
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::samples::{COUNT, START, STEP};

/// Longer than a loaded machine takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// Samples are sent in the order of their time, so many steps at once.
const STEPS_AT_ONCE: i64 = 20;

pub struct Prometheus {
    process: Child,
    address: String,
    client: reqwest::Client,
    _dir: TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Prometheus {
    pub async fn start(series: &[SampleSeries]) -> Self {
        for _ in 0..5 {
            if let Some(started) = Self::try_start().await {
                started.fill(series).await;
                return started;
            }
        }
        panic!("prometheus does not start; is another program taking all its ports?");
    }

    /// Nothing if somebody else took the port in between.
    async fn try_start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("prometheus.yml"), "{}").unwrap();
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", dir.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args([
                "--web.enable-remote-write-receiver",
                "--storage.tsdb.retention.time=100y",
                "--log.level=error",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program prometheus cannot be run: scripts/install-tools.sh test installs it");
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let mut started = Self { process, address, client, _dir: dir };
        let begun = Instant::now();
        loop {
            let ready = started.client.get(started.url("/-/ready")).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return Some(started);
            }
            if started.process.try_wait().unwrap().is_some() {
                return None;
            }
            assert!(begun.elapsed() < PATIENCE, "prometheus is not ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn fill(&self, series: &[SampleSeries]) {
        for first in (0..COUNT).step_by(STEPS_AT_ONCE as usize) {
            let times = START + first * STEP..START + (first + STEPS_AT_ONCE) * STEP;
            let timeseries = series.iter().map(|series| TimeSeries {
                labels: series
                    .labels
                    .iter()
                    .map(|(name, value)| Label { name: name.to_owned(), value: value.to_owned() })
                    .collect(),
                samples: series
                    .times
                    .iter()
                    .zip(&series.values)
                    .filter(|(time, _)| times.contains(time))
                    .map(|(time, value)| Sample { value: *value, timestamp: *time })
                    .collect(),
            });
            let request =
                WriteRequest { timeseries: timeseries.filter(|series| !series.samples.is_empty()).collect() };
            let response = self
                .client
                .post(self.url("/api/v1/write"))
                .header("content-encoding", "snappy")
                .header("content-type", "application/x-protobuf")
                .header("x-prometheus-remote-write-version", "0.1.0")
                .body(encode_write(&request).unwrap())
                .send()
                .await
                .unwrap();
            let status = response.status();
            assert!(status.is_success(), "{status}: {}", response.text().await.unwrap());
        }
    }

    /// The data of an answer, or its error.
    pub async fn ask(&self, path: &str, params: &[(&str, String)]) -> Result<Json, String> {
        let request = self.client.get(self.url(path)).query(params);
        let answer: Json = request.send().await.unwrap().json().await.unwrap();
        match answer["status"].as_str() {
            Some("success") => Ok(answer["data"].clone()),
            _ => Err(answer["error"].to_string()),
        }
    }
}
