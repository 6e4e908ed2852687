//! Sending what is wrong, and judging the answer.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use prost::Message as _;
use protocols::rpc_status::RpcStatus;

use crate::store::Store;

/// More than the largest body after decompression, and far less than what bad bodies stand for.
const MEMORY_MB: u64 = 1500;

/// One bad request.
pub(super) struct Bad {
    pub name: &'static str,
    pub path: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub status: u16,
    pub reason: &'static str,
}

impl Bad {
    /// A body for `path`, with its content type.
    pub(super) fn post(
        (path, content_type): (&'static str, &str),
        name: &'static str,
        body: impl Into<Vec<u8>>,
        status: u16,
        reason: &'static str,
    ) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { name, path, headers, body: body.into(), status, reason }
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    async fn send(&self, store: &Store) {
        let mut request = store.client.post(format!("{}{}", store.url, self.path)).body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let (name, path) = (self.name, self.path);
        let response = request.send().await.unwrap_or_else(|error| panic!("{name} on {path}: {error:?}"));
        let status = response.status().as_u16();
        let is_protobuf =
            response.headers().get("content-type").is_some_and(|kind| kind == "application/x-protobuf");
        let body = response.bytes().await.unwrap();
        let text = if is_protobuf {
            RpcStatus::decode(&body[..]).unwrap().message
        } else {
            String::from_utf8(body.to_vec()).unwrap()
        };
        let start: String = text.chars().take(300).collect();
        assert_eq!(status, self.status, "{name} on {path}: {start}");
        assert!(text.contains(self.reason), "{name} on {path}: {start}");
        assert!(text.len() < 200_000, "{name} on {path}: a reason of {} bytes", text.len());
    }
}

impl Store {
    /// Sends all of them; afterwards the store works as before.
    pub(super) async fn withstands(&self, requests: &[Bad]) {
        for bad in requests {
            bad.send(self).await;
        }
        self.push(&serde_json::json!({ "app": "alive" }), &[(1, "well")]).await;
        assert_eq!(self.lines(r#"{app="alive"}"#, &[]).await, ["well"]);
        let peak = peak_memory_mb();
        assert!(peak < MEMORY_MB, "{peak} MB of memory were used");
    }
}

/// The most memory that this process, which the test has to itself, has used.
fn peak_memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

pub(super) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn snappy(body: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(body).unwrap()
}

pub(super) fn lz4(body: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// A protobuf field that holds bytes.
pub(super) fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    prost::encoding::encode_varint(content.len() as u64, &mut out);
    out.extend_from_slice(content);
    out
}
