//! What a store adds to the engine: the meaning of its rows.

use std::fmt;
use std::sync::Arc;

use model::{TenantId, TimestampNanos};

use crate::part::{Part, SealContext};
use crate::{Error, SegmentReader};

/// A payload or a batch that the schema cannot handle.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(pub String);

/// The rows of one store: how they come out of the write-ahead log, and how they become Parquet.
pub trait Schema: Send + Sync + 'static {
    /// The rows of one acknowledged write, in memory, as queries read them.
    type Batch: Send + Sync + fmt::Debug + 'static;

    /// Top folder of the segments, such as `logs`.
    fn name(&self) -> &'static str;

    /// Version of the Parquet layout; newer segments than this are refused, older ones must be readable.
    fn format(&self) -> u32;

    /// Decodes a payload given to [`Engine::append`](crate::Engine::append), exactly as it was decoded then.
    fn decode(&self, payload: &[u8], received: TimestampNanos) -> Result<Self::Batch, SchemaError>;

    /// Bytes that a batch occupies, for the head's budget.
    fn memory_bytes(&self, batch: &Self::Batch) -> usize;

    /// Joins small batches, keeping the order of rows.
    fn coalesce(&self, batches: &[Arc<Self::Batch>]) -> Self::Batch;

    /// Told of each write once it is durable, visible and acknowledged, in their order. On the writing thread: must
    /// return quickly.
    fn committed(&self, _tenant: &TenantId, _batch: &Arc<Self::Batch>) {}

    /// Sorts the rows of a frozen head and hands out one Parquet part per hour (or several).
    fn seal(
        &self,
        batches: &[Arc<Self::Batch>],
        context: &SealContext,
        emit: &mut dyn FnMut(Part) -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// Reads all rows of a segment back, in its order. May be called for segments of older layouts.
    fn load(&self, reader: SegmentReader) -> Result<Self::Batch, Error>;
}
