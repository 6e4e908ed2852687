//! A frozen head becomes Parquet parts, one per hour of span start.

use std::sync::Arc;
use std::time::Duration;

use model::TimestampNanos;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use segment::{Error, Part, PartWriter, PartitionHour, SealContext};

use super::dedicated::{DEDICATED, Kind, Plan};
use super::encode::Encoder;
use super::layout::Layout;
use super::notes::{AttributeKeys, KEYS};
use super::{DURATION, PARENT_SPAN_ID, SPAN_ID, SPAN_PREFIX, START_TIME, TRACE_ID};
use crate::batch::SpanBatch;

/// Rows of a row group: the unit that min/max, the bloom filter and parallel reading work on.
const ROW_GROUP_ROWS: usize = 32 << 10;
/// Rows of a page: what a look-up by trace id decodes.
const PAGE_ROWS: usize = 2 << 10;
/// Rows that are turned into Arrow arrays at once.
const CHUNK_ROWS: usize = 8 << 10;
/// Segments are listed as ending no later than this after their hour, however wrong a span's clock was. Otherwise one bad
/// span would keep its segment in every query, and out of retention's reach.
const MAX_REACH: Duration = Duration::from_secs(24 * 3600);
const NANOS_PER_HOUR: i64 = 3_600_000_000_000;

/// Sorts the rows and writes them.
pub(crate) fn seal(
    batch: &SpanBatch,
    context: &SealContext,
    emit: &mut dyn FnMut(Part) -> Result<(), Error>,
) -> Result<(), Error> {
    let hour = |at: u32| PartitionHour::of(TimestampNanos(batch.rows[at as usize].start));
    let mut order: Vec<u32> = (0..batch.rows.len() as u32).collect();
    order.sort_by_cached_key(|at| {
        let row = &batch.rows[*at as usize];
        (hour(*at), row.trace_id, row.start, *at)
    });
    let encoder = Encoder::new(batch);
    for rows in order.chunk_by(|a, b| hour(*a) == hour(*b)) {
        emit(part(batch, &encoder, context, hour(rows[0]), rows)?)?;
    }
    Ok(())
}

fn part(
    batch: &SpanBatch,
    encoder: &Encoder<'_>,
    context: &SealContext,
    hour: PartitionHour,
    rows: &[u32],
) -> Result<Part, Error> {
    let mut unsorted = rows.to_vec();
    unsorted.sort_unstable();
    let plan = Plan::new(batch, &unsorted);
    let layout = Layout::new(batch, rows, &plan);
    let schema = Arc::clone(&layout.schema);
    let mut writer = PartWriter::new(context, hour, schema, properties(&plan, rows.len()))?;
    for chunk in rows.chunks(CHUNK_ROWS) {
        writer.write(&encoder.encode(&layout, &plan, chunk)?)?;
    }
    if let Ok(note) = serde_json::to_string(&plan.columns) {
        writer.note(DEDICATED, note);
    }
    let keys = AttributeKeys::of_rows(batch, unsorted.iter().map(|at| *at as usize));
    if let Some(note) = keys.to_note() {
        writer.note(KEYS, note);
    }
    let spans = || rows.iter().map(|at| &batch.rows[*at as usize]);
    let first = spans().map(|row| row.start).min().unwrap_or_default();
    let last = spans().map(|row| row.clamped_end()).max().unwrap_or_default();
    let hour_end = TimestampNanos(hour.0.saturating_add(1).saturating_mul(NANOS_PER_HOUR));
    let last = last.min(hour_end.saturating_add(MAX_REACH).0);
    writer.finish(TimestampNanos(first), TimestampNanos(last))
}

pub(super) fn properties(plan: &Plan, rows: usize) -> WriterProperties {
    let path = |name: &str| ColumnPath::from(name);
    let sorting =
        [0, 3].map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: false });
    let mut builder = WriterProperties::builder()
        .set_created_by("monitoring-stack trace-store".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS / 2)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_bloom_filter_enabled(path(TRACE_ID), true)
        .set_column_bloom_filter_fpp(path(TRACE_ID), 0.01)
        .set_sorting_columns(Some(sorting.to_vec()));
    for indexed in [TRACE_ID, START_TIME, DURATION] {
        builder = builder.set_column_statistics_enabled(path(indexed), EnabledStatistics::Page);
    }
    for number in [START_TIME, DURATION] {
        builder = builder
            .set_column_dictionary_enabled(path(number), false)
            .set_column_encoding(path(number), Encoding::DELTA_BINARY_PACKED);
    }
    for unique in [SPAN_ID, PARENT_SPAN_ID] {
        builder = builder.set_column_dictionary_enabled(path(unique), false);
    }
    for column in &plan.columns {
        let path = ColumnPath::new(vec![format!("{SPAN_PREFIX}{}", column.key)]);
        builder = match column.kind {
            Kind::String => {
                // Repeated texts are few per row group; most different ones would fill dictionaries for nothing.
                let is_varied = column.distinct > rows / 3;
                let has_filter = column.texts.is_none();
                let distinct = column.distinct.min(ROW_GROUP_ROWS) as u64;
                let builder = builder
                    .set_column_dictionary_enabled(path.clone(), !is_varied)
                    .set_column_statistics_enabled(path.clone(), EnabledStatistics::None)
                    .set_column_bloom_filter_enabled(path.clone(), has_filter);
                if has_filter {
                    builder
                        .set_column_bloom_filter_fpp(path.clone(), 0.01)
                        .set_column_bloom_filter_max_ndv(path, distinct.max(1))
                } else {
                    builder
                }
            }
            Kind::Int | Kind::Bool => builder,
            Kind::Double => builder.set_column_dictionary_enabled(path, false),
        };
    }
    builder.build()
}
