//! The smallest schema: rows of a time and a number.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array as _, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema};
use model::{TenantId, TimeRange, TimestampNanos};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;
use segment::{
    Durability, Engine, Error, Options, Part, PartWriter, PartitionHour, Schema, SchemaError, SealContext,
    SegmentReader,
};

pub(crate) const HOUR: i64 = 3_600_000_000_000;

#[derive(Debug)]
pub(crate) struct Toy;

pub(crate) type Row = (i64, i64);

impl Schema for Toy {
    type Batch = Vec<Row>;

    fn name(&self) -> &'static str {
        "toys"
    }

    fn format(&self) -> u32 {
        1
    }

    fn decode(&self, payload: &[u8], _received: TimestampNanos) -> Result<Vec<Row>, SchemaError> {
        serde_json::from_slice(payload).map_err(|error| SchemaError(error.to_string()))
    }

    fn memory_bytes(&self, batch: &Vec<Row>) -> usize {
        batch.len() * 16
    }

    fn coalesce(&self, batches: &[Arc<Vec<Row>>]) -> Vec<Row> {
        batches.iter().flat_map(|batch| batch.iter().copied()).collect()
    }

    fn seal(
        &self,
        batches: &[Arc<Vec<Row>>],
        context: &SealContext,
        emit: &mut dyn FnMut(Part) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut rows = self.coalesce(batches);
        rows.sort_unstable();
        let hour = |row: &Row| PartitionHour::of(TimestampNanos(row.0));
        for part in rows.chunk_by(|a, b| hour(a) == hour(b)) {
            let schema = Arc::new(ArrowSchema::new(vec![
                Field::new("time", DataType::Int64, false),
                Field::new("number", DataType::Int64, false),
            ]));
            let times = Int64Array::from_iter_values(part.iter().map(|row| row.0));
            let numbers = Int64Array::from_iter_values(part.iter().map(|row| row.1));
            let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(times), Arc::new(numbers)])?;
            let properties = WriterProperties::builder().build();
            let mut writer = PartWriter::new(context, hour(&part[0]), schema, properties)?;
            writer.write(&batch)?;
            emit(writer.finish(TimestampNanos(part[0].0), TimestampNanos(part[part.len() - 1].0))?)?;
        }
        Ok(())
    }

    fn load(&self, reader: SegmentReader) -> Result<Vec<Row>, Error> {
        let batches =
            ParquetRecordBatchReaderBuilder::new_with_metadata(reader.file, reader.footer).build()?;
        let mut rows = Vec::new();
        for batch in batches {
            let batch = batch?;
            let column = |at: usize| batch.column(at).as_any().downcast_ref::<Int64Array>().unwrap().clone();
            let (times, numbers) = (column(0), column(1));
            rows.extend((0..times.len()).map(|at| (times.value(at), numbers.value(at))));
        }
        Ok(rows)
    }
}

pub(crate) fn tenant() -> TenantId {
    TenantId::new("fake").unwrap()
}

pub(crate) fn options(dir: &Path) -> Options {
    // Nothing happens by itself: tests say when.
    Options { durability: Durability::Os, housekeeping_every: None, ..Options::new(dir) }
}

pub(crate) async fn open(dir: &Path) -> Arc<Engine<Toy>> {
    Engine::open(Toy, options(dir)).await.unwrap()
}

pub(crate) async fn append(engine: &Engine<Toy>, rows: &[Row]) {
    let payload = serde_json::to_vec(rows).unwrap();
    engine.append(&tenant(), TimestampNanos(0), payload, rows.to_vec()).await.unwrap();
}

/// All rows that a query would see, sorted; segments that cannot be read are left out.
pub(crate) async fn rows(engine: &Arc<Engine<Toy>>) -> Vec<Row> {
    let snapshot = engine.snapshot(&tenant(), TimeRange::ALL);
    let mut rows = Toy.coalesce(&snapshot.batches);
    for meta in &snapshot.segments {
        let Ok(reader) = engine.open_segment(meta).await else {
            continue;
        };
        rows.extend(Toy.load(reader).unwrap());
    }
    rows.sort_unstable();
    rows
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
