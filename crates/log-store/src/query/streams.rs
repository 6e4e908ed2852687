//! Streams that have lines in a range: for `labels`, label values and `series`.

use std::collections::BTreeMap;
use std::sync::Arc;

use logql::CompiledSelector;
use model::{TenantId, TimeRange};
use segment::{Engine, Error};

use super::budget::QueryError;
use crate::batch::Stream;
use crate::indexes::index_of;
use crate::schema::LogSchema;

/// Streams that any of the selectors matches (all, if there is none), in the order of their labels.
pub(crate) async fn find_streams(
    engine: &Engine<LogSchema>,
    tenant: &TenantId,
    range: TimeRange,
    selectors: &[CompiledSelector],
) -> Result<Vec<Arc<Stream>>, QueryError> {
    let mut found: BTreeMap<Box<str>, Arc<Stream>> = BTreeMap::new();
    let mut consider = |stream: &Arc<Stream>| {
        let wanted =
            selectors.is_empty() || selectors.iter().any(|selector| selector.matches(&stream.labels));
        if wanted && !found.contains_key(&stream.text) {
            found.insert(stream.text.clone(), Arc::clone(stream));
        }
    };
    let snapshot = engine.snapshot(tenant, range);
    for batch in snapshot.batches.iter().filter(|batch| batch.overlaps(range)) {
        batch.streams.iter().for_each(&mut consider);
    }
    for meta in &snapshot.segments {
        let index = match index_of(engine, meta).await {
            Ok(index) => index,
            Err(Error::Gone(_) | Error::Damaged { .. } | Error::Parquet(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let in_range = index.streams.iter().filter(|entry| range.overlaps(entry.first, entry.last));
        in_range.for_each(|entry| consider(&entry.stream));
    }
    Ok(found.into_values().collect())
}
