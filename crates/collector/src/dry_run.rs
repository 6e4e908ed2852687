//! Shows entries instead of sending them.

use std::io::Write as _;
use std::sync::Arc;

use prost::Message as _;
use protocols::loki::PushRequest;
use tokio::sync::mpsc;

use crate::batch::{Batch, encode_stream};

/// Prints batches to stdout, an entry a line: time, labels, line, metadata.
pub async fn run(mut queue: mpsc::Receiver<Arc<Batch>>) {
    while let Some(batch) = queue.recv().await {
        let mut message = Vec::new();
        for stream in &batch.streams {
            encode_stream(&stream.labels, &stream.entries, &mut message);
        }
        // What we encoded ourselves decodes; stdout may be closed, which is the reader's choice.
        if let Ok(request) = PushRequest::decode(message.as_slice()) {
            drop(std::io::stdout().lock().write_all(show(&request).as_bytes()));
        }
    }
}

fn show(request: &PushRequest) -> String {
    let mut out = String::new();
    for stream in &request.streams {
        for entry in &stream.entries {
            let nanoseconds = entry.timestamp.and_then(|time| time.to_nanos()).unwrap_or_default();
            let time = jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or_default();
            out.push_str(&format!("{time}\t{}\t{}", stream.labels, entry.line));
            for pair in &entry.structured_metadata {
                out.push_str(&format!("\t{}={}", pair.name, pair.value));
            }
            out.push('\n');
        }
    }
    out
}
