//! Spans as the storage engine sees them.

use std::sync::Arc;

use model::TimestampNanos;
use segment::{Error, Part, Schema, SchemaError, SealContext, SegmentReader};

use crate::batch::{SpanBatch, batch_from_log, merged, merged_briefly};
use crate::columns;

/// The payload of a record is the protobuf of an export request whose limits were already applied, so decoding it again
/// gives the same rows whatever the limits are by then.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SpanSchema;

impl Schema for SpanSchema {
    type Batch = SpanBatch;

    fn name(&self) -> &'static str {
        "traces"
    }

    fn format(&self) -> u32 {
        columns::FORMAT
    }

    fn decode(&self, payload: &[u8], _received: TimestampNanos) -> Result<SpanBatch, SchemaError> {
        batch_from_log(payload).map_err(|error| SchemaError(error.to_string()))
    }

    fn memory_bytes(&self, batch: &SpanBatch) -> usize {
        batch.memory_bytes()
    }

    fn coalesce(&self, batches: &[Arc<SpanBatch>]) -> SpanBatch {
        merged(batches.iter().map(AsRef::as_ref))
    }

    fn seal(
        &self,
        batches: &[Arc<SpanBatch>],
        context: &SealContext,
        emit: &mut dyn FnMut(Part) -> Result<(), Error>,
    ) -> Result<(), Error> {
        columns::seal(&merged_briefly(batches), context, emit)
    }

    fn load(&self, reader: SegmentReader) -> Result<SpanBatch, Error> {
        columns::load(reader)
    }
}
