//! Walks over spans in memory and in segments, in parallel, and folds them into one value.

mod pages;
mod piece;
pub(crate) mod pushdown;
mod trace_ids;

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{FuturesUnordered, StreamExt as _};
use model::TimeRange;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::file::reader::{ChunkReader, Length};
use segment::{Error as SegmentError, SegmentFile, SegmentMeta};

use self::piece::{Piece, PieceError, Way};
pub(crate) use self::pushdown::Pushdown;
pub(crate) use self::trace_ids::TraceIds;
use super::{Guard, QueryError};
use crate::batch::SpanBatch;
use crate::columns::{Columns, WantedKeys};
use crate::store::Store;

/// Row groups that one task reads.
const ROW_GROUPS_PER_TASK: usize = 2;

/// Spans to look at: part of a snapshot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    pub batches: Vec<Arc<SpanBatch>>,
    pub segments: Vec<Arc<SegmentMeta>>,
}

impl Sources {
    pub(crate) fn all(store: &Store) -> Self {
        let snapshot = store.engine.snapshot(&store.tenant, TimeRange::ALL);
        Self { batches: snapshot.batches, segments: snapshot.segments }
    }

    /// The same without what lies outside of `range`.
    pub(crate) fn within(&self, range: TimeRange) -> Self {
        let segments = self.segments.iter().filter(|meta| range.overlaps(meta.first, meta.last));
        let batches = self.batches.iter().filter(|batch| batch.overlaps(range));
        Self { batches: batches.map(Arc::clone).collect(), segments: segments.map(Arc::clone).collect() }
    }

    pub(crate) fn segment_bytes(&self) -> u64 {
        self.segments.iter().map(|meta| meta.bytes).sum()
    }
}

/// Which rows and columns are wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub columns: Columns,
    /// Only rows of these traces.
    pub traces: Option<Arc<TraceIds>>,
    /// Of the attributes of spans only these.
    pub keys: WantedKeys,
    /// Only rows that may pass one of these filters; others may be seen all the same.
    pub filters: Option<Pushdown>,
    /// Ids are not needed: not read from segments.
    pub no_ids: bool,
}

/// Indices of the rows of a batch that are wanted.
pub(crate) type RowIndices<'a> = &'a mut dyn Iterator<Item = usize>;

/// Lets `step` see each batch with its wanted rows. Each task folds into a value of its own; `merge` joins them in no
/// particular order.
pub(crate) async fn fold<T, F, M>(
    store: &Arc<Store>,
    sources: &Sources,
    wanted: &Wanted,
    guard: &Arc<Guard>,
    step: F,
    mut merge: M,
) -> Result<(), QueryError>
where
    T: Default + Send + 'static,
    F: Fn(&mut T, &SpanBatch, RowIndices<'_>) + Clone + Send + Sync + 'static,
    M: FnMut(T) -> Result<(), QueryError>,
{
    let mut tasks = FuturesUnordered::new();
    if !sources.batches.is_empty() {
        let (batches, wanted, guard, step) =
            (sources.batches.clone(), wanted.clone(), Arc::clone(guard), step.clone());
        let permit = slot(store).await?;
        tasks.push(tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut value = T::default();
            for batch in &batches {
                guard.check()?;
                visit_memory(&mut value, batch, &wanted, &guard, &step);
            }
            Ok(value)
        }));
    }
    for meta in &sources.segments {
        guard.check()?;
        let Some(segment) = open(store, meta).await? else { continue };
        let Some(way) = Way::new(&segment, wanted).map(Arc::new) else { continue };
        let groups: Vec<usize> = (0..segment.footer.metadata().num_row_groups()).collect();
        for groups in groups.chunks(ROW_GROUPS_PER_TASK) {
            while tasks.len() >= store.query_tasks() {
                if let Some(done) = tasks.next().await {
                    merge(done??)?;
                }
            }
            let permit = slot(store).await?;
            let piece = Piece {
                segment: segment.clone(),
                way: Arc::clone(&way),
                groups: groups.to_vec(),
                wanted: wanted.clone(),
                guard: Arc::clone(guard),
            };
            let (step, metrics) = (step.clone(), Arc::clone(&store.metrics));
            tasks.push(tokio::task::spawn_blocking(move || {
                let _permit = permit;
                let mut value = T::default();
                match piece.visit(&mut value, &step) {
                    Ok(()) => Ok(value),
                    Err(PieceError::Query(error)) => Err(error),
                    Err(PieceError::Damaged(error)) => {
                        metrics.damaged_segments.add(1);
                        tracing::error!(segment = piece.segment.meta.path, %error, "part of a segment cannot be read and is left out of the answer");
                        Ok(value)
                    }
                }
            }));
        }
    }
    while let Some(done) = tasks.next().await {
        merge(done??)?;
    }
    Ok(())
}

async fn slot(store: &Store) -> Result<tokio::sync::OwnedSemaphorePermit, QueryError> {
    Arc::clone(&store.query_slots).acquire_owned().await.map_err(|_| QueryError::Closed)
}

/// Opens a segment. One that is damaged (and now in quarantine) or deleted meanwhile is left out.
pub(crate) async fn open(store: &Store, meta: &Arc<SegmentMeta>) -> Result<Option<OpenSegment>, QueryError> {
    match store.engine.open_segment(meta).await {
        Ok(reader) => Ok(Some(OpenSegment {
            meta: reader.meta,
            file: SharedFile(Arc::new(reader.file)),
            footer: reader.footer,
        })),
        Err(SegmentError::Gone(_)) => Ok(None),
        Err(SegmentError::Damaged { .. } | SegmentError::Parquet(_)) => {
            store.metrics.damaged_segments.add(1);
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// A segment that several tasks read.
#[derive(Debug, Clone)]
pub(crate) struct OpenSegment {
    pub meta: Arc<SegmentMeta>,
    file: SharedFile,
    pub footer: ArrowReaderMetadata,
}

#[derive(Debug, Clone)]
struct SharedFile(Arc<SegmentFile>);

impl Length for SharedFile {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for SharedFile {
    type T = <SegmentFile as ChunkReader>::T;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        self.0.get_read(start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        self.0.get_bytes(start, length)
    }
}

fn visit_memory<T>(
    value: &mut T,
    batch: &SpanBatch,
    wanted: &Wanted,
    guard: &Guard,
    step: &impl Fn(&mut T, &SpanBatch, RowIndices<'_>),
) {
    guard.count(batch.rows.len(), batch.memory_bytes());
    match &wanted.traces {
        None => step(value, batch, &mut (0..batch.rows.len())),
        Some(ids) => {
            let mut rows = (0..batch.rows.len()).filter(|at| ids.contains(batch.rows[*at].trace_id));
            step(value, batch, &mut rows);
        }
    }
}
