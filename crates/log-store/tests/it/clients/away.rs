//! Clients that try again: nothing is lost while the store is away.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

use super::Client;
use crate::store::{NO_LIMITS, Store};

/// A port of the test's own, also while no store listens on it: it is bound, and connections are refused.
struct Port {
    _held: TcpSocket,
    address: SocketAddr,
}

impl Port {
    fn reserve() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // As the store does; only who listens keeps others away.
        socket.set_reuseaddr(true).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        Self { _held: socket, address }
    }
}

/// A client that logs before the store goes away, meanwhile and afterwards.
async fn logs_through_a_restart(client: impl FnOnce(&str) -> Client, query: &str) {
    let dir = tempfile::tempdir().unwrap();
    let port = Port::reserve();
    let store = Store::at(port.address, dir.path(), NO_LIMITS).await;
    let mut client = client(&store.url);
    assert_eq!(client.says().await, "sent");
    store.close().await;
    client.tell("away").await;
    let said = client.says().await;
    assert!(said.starts_with("refused"), "{said}");
    let store = Store::at(port.address, dir.path(), NO_LIMITS).await;
    client.tell("back").await;
    client.finish().await;
    let lines: Vec<String> = store.entries(query).await.into_iter().map(|entry| entry.line).collect();
    assert_eq!(lines, ["before", "while away", "after"]);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn winston_pushes_again_what_was_refused() {
    let client = |url: &str| Client::node("winston-away.cjs", &[url]);
    logs_through_a_restart(client, r#"{app="winston"}"#).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opentelemetry_exports_again_what_was_refused() {
    let client = |url: &str| Client::python("otel_away.py", &[url]);
    logs_through_a_restart(client, r#"{service_name="shop"}"#).await;
}
