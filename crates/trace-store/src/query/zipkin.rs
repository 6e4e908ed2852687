//! Zipkin's model lets a client and a server span share one id. Viewers expect unique ids, so the server's span gets one
//! of its own, below the client's, and takes the children of the shared id with it.

use ahash::{AHashMap, AHashSet};
use protocols::otlp::span::SpanKind;

use crate::batch::FoundSpan;

pub(super) fn separate_shared_ids(found: &mut [FoundSpan]) {
    let clients: AHashSet<Vec<u8>> = found
        .iter()
        .filter(|found| found.span.kind == SpanKind::Client as i32)
        .map(|found| found.span.span_id.clone())
        .collect();
    let is_shared = |found: &FoundSpan| {
        found.span.kind == SpanKind::Server as i32 && clients.contains(&found.span.span_id)
    };
    if !found.iter().any(is_shared) {
        return;
    }
    let mut used: AHashSet<Vec<u8>> = found.iter().map(|found| found.span.span_id.clone()).collect();
    let mut next = 1u64;
    let mut renamed: AHashMap<Vec<u8>, Vec<u8>> = AHashMap::new();
    for found in found.iter_mut().filter(|found| is_shared(found)) {
        while used.contains(&next.to_be_bytes()[..]) {
            next += 1;
        }
        let own = next.to_be_bytes().to_vec();
        used.insert(own.clone());
        let shared = std::mem::replace(&mut found.span.span_id, own.clone());
        found.span.parent_span_id.clone_from(&shared);
        renamed.insert(shared, own);
    }
    let servers: AHashSet<Vec<u8>> = renamed.values().cloned().collect();
    for found in found.iter_mut().filter(|found| !servers.contains(&found.span.span_id)) {
        if let Some(server) = renamed.get(&found.span.parent_span_id) {
            found.span.parent_span_id.clone_from(server);
        }
    }
}
