//! Streams that have lines in a range: for `labels`, label values and `series`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use logql::{CompiledSelector, Selector};
use model::{TenantId, TimeRange};
use segment::{Engine, Error};

use super::budget::QueryError;
use super::touched::{Look, Touched};
use crate::batch::Stream;
use crate::indexes::index_of;
use crate::schema::LogSchema;

/// Streams that any of the selectors matches (all, if there is none), in the order of their labels.
pub(crate) async fn find_streams(
    engine: &Arc<Engine<LogSchema>>,
    tenant: &TenantId,
    range: TimeRange,
    selectors: &[CompiledSelector],
) -> Result<Vec<Arc<Stream>>, QueryError> {
    let touched = Touched::new(engine, tenant, range);
    let is_touched =
        |stream: &Stream| touched.as_ref().is_some_and(|touched| touched.contains(&stream.labels));
    let mut found: BTreeMap<Box<str>, Arc<Stream>> = BTreeMap::new();
    let mut consider = |stream: &Arc<Stream>| {
        if is_wanted(stream, selectors) && !found.contains_key(&stream.text) && !is_touched(stream) {
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
    if let Some(touched) = touched {
        let left = Left { selectors: selectors.to_vec(), current: None, found: BTreeSet::new() };
        let left = touched.read(engine, tenant, CompiledSelector::new(&Selector::default())?, left).await?;
        for text in left.found {
            let stream = engine.schema().streams.parse(&text);
            found.insert(text, stream.map_err(|error| QueryError::Internal(error.to_string()))?);
        }
    }
    Ok(found.into_values().collect())
}

fn is_wanted(stream: &Stream, selectors: &[CompiledSelector]) -> bool {
    selectors.is_empty() || selectors.iter().any(|selector| selector.matches(&stream.labels))
}

/// Streams that still have a line though some were deleted.
struct Left {
    selectors: Vec<CompiledSelector>,
    /// A stream that is wanted and of which no line has been seen.
    current: Option<Box<str>>,
    found: BTreeSet<Box<str>>,
}

impl Look for Left {
    fn begin_stream(&mut self, stream: &Stream) {
        let wanted = is_wanted(stream, &self.selectors) && !self.found.contains(&stream.text);
        self.current = wanted.then(|| stream.text.clone());
    }

    fn wants_more(&self) -> bool {
        self.current.is_some()
    }

    fn line(&mut self, _timestamp: i64, _line: &str) {
        self.found.extend(self.current.take());
    }
}
