//! Log rows as the storage engine sees them.

use std::sync::Arc;

use model::TimestampNanos;
use segment::{Error, Part, Schema, SchemaError, SealContext};

use crate::batch::{self, LogBatch};
use crate::columns;
use crate::streams::Streams;

#[derive(Debug, Default)]
pub(crate) struct LogSchema {
    pub streams: Streams,
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
        batch::decode(payload, |text| {
            self.streams.parse(text).map_err(|error| SchemaError(format!("labels {text}: {error}")))
        })
    }

    fn memory_bytes(&self, batch: &LogBatch) -> usize {
        batch.memory_bytes()
    }

    fn coalesce(&self, batches: &[Arc<LogBatch>]) -> LogBatch {
        LogBatch::coalesce(batches)
    }

    fn seal(
        &self,
        batches: &[Arc<LogBatch>],
        context: &SealContext,
        emit: &mut dyn FnMut(Part) -> Result<(), Error>,
    ) -> Result<(), Error> {
        columns::write(batches, context, emit)
    }
}
