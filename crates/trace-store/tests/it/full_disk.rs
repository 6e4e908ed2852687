//! A full disk: exports are refused, queries go on, and space heals.

use testkit::SmallDisk;
use tonic::Code;
use trace_store::{Options, Server};

use crate::support::{keep_everything, request, span, span_names};

const DISK_BYTES: u64 = 2 << 20;

struct Store {
    server: Server,
    stop: runtime::CancellationToken,
}

async fn open(dir: &std::path::Path) -> Store {
    let stop = runtime::CancellationToken::new();
    let server = Server::start(Options::on_free_ports(dir, keep_everything("")), stop.clone()).await.unwrap();
    Store { server, stop }
}

impl Store {
    /// Exports one span with a name of `bytes` bytes.
    async fn export(&self, trace: u8, bytes: usize) -> Result<(), tonic::Status> {
        let address = format!("http://{}", self.server.otlp_grpc.unwrap());
        let client = protocols::otlp::trace_service_client::TraceServiceClient::connect(address).await;
        let span = span(trace, 1, 0, &"x".repeat(bytes), 0, 1);
        client.unwrap().export(request("svc", vec![span])).await.map(drop)
    }

    async fn has(&self, trace: u8) -> bool {
        let url =
            format!("http://{}/api/v2/traces/{}", self.server.address, format!("{trace:02x}").repeat(16));
        let answer = reqwest::get(url).await.unwrap().bytes().await.unwrap();
        !span_names(&serde_json::from_slice(&answer).unwrap()).is_empty()
    }

    async fn close(self) {
        self.stop.cancel();
        self.server.wait().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_refused_queries_go_on_and_space_heals() {
    // Where no disk can be mounted, the engine's own tests have to do.
    let Some(disk) = SmallDisk::mount(DISK_BYTES).unwrap() else { return };
    let store = open(disk.path()).await;
    store.export(1, 10).await.unwrap();
    store.server.flush().await.unwrap();
    store.export(2, 10).await.unwrap();
    disk.fill(0).unwrap();
    let refused = store.export(3, 5000).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(refused.message().contains("No space left on device"), "{refused}");
    assert!(store.server.flush().await.is_err());
    for (trace, found) in [(1, true), (2, true), (3, false)] {
        assert_eq!(store.has(trace).await, found, "trace {trace}");
    }
    store.close().await;

    let store = open(disk.path()).await;
    assert!(store.has(1).await && store.has(2).await, "a store starts on a full disk");
    assert_eq!(store.export(3, 5000).await.unwrap_err().code(), Code::Unavailable);
    disk.free().unwrap();
    store.export(3, 5000).await.unwrap();
    store.server.flush().await.unwrap();
    for trace in 1..=3 {
        assert!(store.has(trace).await, "trace {trace}");
    }
    store.close().await;
}
