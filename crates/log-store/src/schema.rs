//! Log rows as the storage engine sees them.

use std::sync::Arc;

use model::{TenantId, TimestampNanos};
use segment::{Error, Part, Schema, SchemaError, SealContext, SegmentReader};

use crate::batch::{self, LogBatch, Stream};
use crate::columns;
use crate::deletes::Deletes;
use crate::indexes::Indexes;
use crate::query::KnownTwins;
use crate::streams::Streams;
use crate::tail::Tails;

#[derive(Debug, Default)]
pub(crate) struct LogSchema {
    pub streams: Streams,
    /// Rows that queries leave out.
    pub deletes: Arc<Deletes>,
    pub indexes: Indexes,
    /// What queries found out about rows that are stored twice.
    pub twins: KnownTwins,
    /// Live tails, woken by every write.
    pub tails: Arc<Tails>,
}

impl LogSchema {
    /// The stream of a stored label text.
    pub(crate) fn stream(&self, text: &str) -> Result<Arc<Stream>, SchemaError> {
        self.streams.parse(text).map_err(|error| SchemaError(format!("labels {text}: {error}")))
    }
}

impl Schema for LogSchema {
    type Batch = LogBatch;

    fn name(&self) -> &'static str {
        "logs"
    }

    fn format(&self) -> u32 {
        columns::FORMAT
    }

    fn decode(&self, payload: &[u8], _received: TimestampNanos) -> Result<LogBatch, SchemaError> {
        batch::decode(payload, |text| self.stream(text))
    }

    fn memory_bytes(&self, batch: &LogBatch) -> usize {
        batch.memory_bytes()
    }

    fn coalesce(&self, batches: &[Arc<LogBatch>]) -> LogBatch {
        LogBatch::coalesce(batches)
    }

    fn committed(&self, tenant: &TenantId, batch: &Arc<LogBatch>) {
        self.tails.publish(tenant, batch);
    }

    fn seal(
        &self,
        batches: &[Arc<LogBatch>],
        context: &SealContext,
        emit: &mut dyn FnMut(Part) -> Result<(), Error>,
    ) -> Result<(), Error> {
        columns::write(batches, context, emit)?;
        // Streams of heads that were sealed before this one, and of no other, are not needed any more.
        self.streams.tidy();
        Ok(())
    }

    fn load(&self, reader: SegmentReader) -> Result<LogBatch, Error> {
        columns::load(reader, |text| self.stream(text))
    }
}

#[cfg(test)]
mod tests {
    use model::TimeRange;
    use proptest::prelude::*;
    use segment::{Durability, Engine, Options};

    use super::*;
    use crate::batch::tests::{Plain, batch as batch_of, plain, rows};

    /// Rows of a few hours, so that segments are joined by hour.
    fn near(rows: Vec<Plain>) -> Vec<Plain> {
        rows.into_iter()
            .map(|(labels, at, line, pairs)| (labels, at % (3 * 3_600_000_000_000), line, pairs))
            .collect()
    }

    async fn stored(engine: &Engine<LogSchema>, tenant: &TenantId) -> Vec<Plain> {
        let snapshot = engine.snapshot(tenant, TimeRange::ALL);
        let mut found = Vec::new();
        for meta in &snapshot.segments {
            let reader = engine.open_segment(meta).await.unwrap();
            found.extend(plain(&engine.schema().load(reader).unwrap()));
        }
        found.sort();
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn sealing_and_joining_keep_each_distinct_row(pushes in prop::collection::vec(rows().prop_map(near), 1..5)) {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let dir = tempfile::tempdir().unwrap();
                let options = Options { durability: Durability::Os, ..Options::new(dir.path()) };
                let engine = Engine::open(LogSchema::default(), options).await.unwrap();
                let tenant = TenantId::new("fake").unwrap();
                for rows in &pushes {
                    let payload = batch::encode(&batch_of(rows), None);
                    engine.append(&tenant, TimestampNanos(0), payload, batch_of(rows)).await.unwrap();
                    engine.flush().await.unwrap();
                }
                engine.compact(TimestampNanos(i64::MAX)).await.unwrap();
                let mut expected = pushes.concat();
                expected.sort();
                expected.dedup();
                let mut found = stored(&engine, &tenant).await;
                found.dedup();
                assert_eq!(found, expected);
            });
        }
    }
}
