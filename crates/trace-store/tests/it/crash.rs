//! `kill -9` under load, again and again: every acknowledged span is there afterwards, exactly once.
//!
//! The server is this test binary, started once more with the name of the test that runs a server.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use prost::Message as _;
use protocols::otlp::trace_service_client::TraceServiceClient;
use protocols::otlp::{ExportTraceServiceRequest, Span};
use protocols::tempo::Trace;
use runtime::CancellationToken;
use trace_store::{Options, Server};

use crate::support::{BASE_SECS, SECOND, keep_everything, request, span};

const FOLDER: &str = "TRACE_STORE_TEST_FOLDER";
const KILLS: u64 = 20;
const EXPORTERS: u64 = 4;
const SPANS_PER_REQUEST: u64 = 5;

/// Does nothing unless the crash test started it.
#[test]
fn serve_for_the_crash_test() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        // Small heads, so that kills meet sealing as well as appending.
        let mut options = Options::on_free_ports(PathBuf::from(folder), keep_everything(""));
        options.head_max_bytes = Some(300 << 10);
        let server = Server::start(options, CancellationToken::new()).await.unwrap();
        println!("\nserving {} {}", server.otlp_grpc.unwrap(), server.address);
        server.wait().await.unwrap();
    });
}

struct Process {
    child: Child,
    grpc: SocketAddr,
    api: SocketAddr,
}

impl Process {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::serve_for_the_crash_test", "--nocapture"])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.map_while(Result::ok).find(|line| line.starts_with("serving ")).expect("a server");
        let mut addresses = line.split(' ').skip(1).map(|address| address.parse().unwrap());
        Self { child, grpc: addresses.next().unwrap(), api: addresses.next().unwrap() }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A small generator of numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Request `number` of an exporter: spans with ids that nobody else uses, all in the exporter's trace of this round.
fn numbered(round: u64, exporter: u64, number: u64) -> ExportTraceServiceRequest {
    let spans = (0..SPANS_PER_REQUEST).map(|at| {
        let id = (round << 40) | (exporter << 32) | (number * SPANS_PER_REQUEST + at + 1);
        Span {
            trace_id: trace_id(round, exporter).to_vec(),
            span_id: id.to_be_bytes().to_vec(),
            start_time_unix_nano: BASE_SECS * SECOND + id % 1_000_000,
            ..span(1, 1, 0, "load", 0, 1)
        }
    });
    request("load", spans.collect())
}

fn trace_id(round: u64, exporter: u64) -> [u8; 16] {
    ((u128::from(round + 1) << 64) | u128::from(exporter)).to_be_bytes()
}

/// Sends until the server dies; returns how many requests were acknowledged. Only the last one sent may be in doubt.
async fn export_until_death(address: SocketAddr, round: u64, exporter: u64) -> u64 {
    let Ok(mut client) = TraceServiceClient::connect(format!("http://{address}")).await else { return 0 };
    let mut acknowledged = 0;
    while client.export(numbered(round, exporter, acknowledged)).await.is_ok() {
        acknowledged += 1;
    }
    acknowledged
}

async fn check(api: SocketAddr, acknowledged: &BTreeMap<(u64, u64), u64>) {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    for (&(round, exporter), &requests) in acknowledged {
        let id = hex::encode(trace_id(round, exporter));
        let get =
            client.get(format!("http://{api}/api/traces/{id}")).header("accept", "application/protobuf");
        let response = get.send().await.unwrap();
        if requests == 0 && response.status() == 404 {
            continue;
        }
        let trace = Trace::decode(response.bytes().await.unwrap()).unwrap();
        let spans = trace
            .resource_spans
            .iter()
            .flat_map(|resource| &resource.scope_spans)
            .flat_map(|scope| &scope.spans);
        let mut found: Vec<u64> = spans
            .map(|span| u64::from_be_bytes(span.span_id.as_slice().try_into().unwrap()) & 0xffff_ffff)
            .collect();
        found.sort_unstable();
        // All of what was acknowledged; of the request in doubt all or nothing.
        let sure = requests * SPANS_PER_REQUEST;
        let expected: Vec<u64> = (1..=sure.max(found.len() as u64)).collect();
        assert_eq!(found, expected, "round {round}, exporter {exporter}: {requests} requests acknowledged");
        assert!(found.len() as u64 == sure || found.len() as u64 == sure + SPANS_PER_REQUEST);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_by_kill_9() {
    let started = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let acknowledged = Arc::new(Mutex::new(BTreeMap::new()));
    for round in 0..KILLS {
        let process = Process::start(folder.path());
        let so_far = acknowledged.lock().clone();
        check(process.api, &so_far).await;
        let exporters: Vec<_> = (0..EXPORTERS)
            .map(|exporter| {
                let (grpc, acknowledged) = (process.grpc, Arc::clone(&acknowledged));
                tokio::spawn(async move {
                    let requests = export_until_death(grpc, round, exporter).await;
                    acknowledged.lock().insert((round, exporter), requests);
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(50 + dice.roll(450))).await;
        process.kill();
        for exporter in exporters {
            exporter.await.unwrap();
        }
    }
    let process = Process::start(folder.path());
    let acknowledged = acknowledged.lock().clone();
    check(process.api, &acknowledged).await;
    process.kill();
    let requests: u64 = acknowledged.values().sum();
    assert!(requests > 10 * KILLS, "only {requests} requests were acknowledged: no load");
    println!("{KILLS} kills, {} spans acknowledged, {:?}", requests * SPANS_PER_REQUEST, started.elapsed());
}
