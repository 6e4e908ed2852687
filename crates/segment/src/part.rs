//! One Parquet file on its way to the object store.

use std::fmt;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use model::TimestampNanos;
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Footer key that lets the manifest be rebuilt from the segments alone.
pub(crate) const FOOTER_KEY: &str = "monitoring-stack.segment";

const NANOS_PER_HOUR: i64 = 3_600_000_000_000;

/// Hours since the Unix epoch: the partition a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartitionHour(pub i64);

impl PartitionHour {
    pub fn of(at: TimestampNanos) -> Self {
        Self(at.0.div_euclid(NANOS_PER_HOUR))
    }
}

/// `date=2026-11-24/hour=07`, in UTC.
impl fmt::Display for PartitionHour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = jiff::Timestamp::from_second(self.0.saturating_mul(3600)).unwrap_or_default();
        write!(f, "{}", timestamp.strftime("date=%Y-%m-%d/hour=%H"))
    }
}

/// What the segments of one frozen head have in common.
#[derive(Debug, Clone)]
pub struct SealContext {
    pub(crate) format: u32,
    pub(crate) wal_through: u64,
    /// Segments that the new ones stand for.
    pub(crate) replaces: Vec<String>,
}

/// Written into each Parquet footer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Footer {
    pub format: u32,
    pub wal_through: u64,
    pub hour: PartitionHour,
    pub rows: u64,
    pub first: TimestampNanos,
    pub last: TimestampNanos,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
}

/// A finished Parquet file, in memory.
#[derive(Debug)]
pub struct Part {
    pub(crate) footer: Footer,
    pub(crate) parquet: Bytes,
}

/// Writes one part: record batches in, then [`PartWriter::finish`].
pub struct PartWriter<'a> {
    context: &'a SealContext,
    hour: PartitionHour,
    rows: u64,
    writer: ArrowWriter<Vec<u8>>,
}

impl fmt::Debug for PartWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartWriter")
            .field("hour", &self.hour)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl<'a> PartWriter<'a> {
    pub fn new(
        context: &'a SealContext,
        hour: PartitionHour,
        schema: SchemaRef,
        properties: WriterProperties,
    ) -> Result<Self, Error> {
        let writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
        Ok(Self { context, hour, rows: 0, writer })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.rows += batch.num_rows() as u64;
        Ok(self.writer.write(batch)?)
    }

    /// Adds bytes of the schema's own behind all rows, and says where they are in the file. Other readers pass over them.
    pub fn attach(&mut self, bytes: &[u8]) -> Result<u64, Error> {
        self.writer.flush()?;
        let offset = self.writer.bytes_written() as u64;
        self.writer.write_all(bytes).map_err(parquet::errors::ParquetError::from)?;
        Ok(offset)
    }

    /// Adds an entry of the schema's own to the footer.
    pub fn note(&mut self, key: &str, value: String) {
        self.writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
    }

    /// Closes the file. `first` and `last` are the times of its earliest and latest row.
    pub fn finish(mut self, first: TimestampNanos, last: TimestampNanos) -> Result<Part, Error> {
        let SealContext { format, wal_through, replaces } = self.context.clone();
        let footer = Footer { format, wal_through, hour: self.hour, rows: self.rows, first, last, replaces };
        let text = serde_json::to_string(&footer).map_err(|error| crate::SchemaError(error.to_string()))?;
        self.note(FOOTER_KEY, text);
        Ok(Part { footer, parquet: Bytes::from(self.writer.into_inner()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_named_in_hive_style() {
        let at: jiff::Timestamp = "2026-11-24T07:59:59.5Z".parse().unwrap();
        let hour = PartitionHour::of(TimestampNanos(at.as_nanosecond() as i64));
        assert_eq!(hour.to_string(), "date=2026-11-24/hour=07");
        assert_eq!(PartitionHour::of(TimestampNanos(-1)).to_string(), "date=1969-12-31/hour=23");
    }
}
