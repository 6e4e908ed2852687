//! Walks over spans in memory and in segments, in parallel, and folds them into one value.

mod pages;
mod piece;
pub(crate) mod pushdown;
mod rows;
mod trace_ids;

use std::sync::Arc;

use arrow::error::ArrowError;
use bytes::Bytes;
use futures::stream::{FuturesUnordered, StreamExt as _};
use model::TimeRange;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::file::reader::{ChunkReader, Length};
use segment::{Error as SegmentError, SegmentFile, SegmentMeta};

pub(crate) use self::piece::{Piece, PieceError};
pub(crate) use self::pushdown::Pushdown;
use self::rows::ByRow;
pub(crate) use self::rows::{RowIndices, Wanted, Way as RowsWay};
pub(crate) use self::trace_ids::TraceIds;
use super::{Guard, QueryError};
use crate::batch::SpanBatch;
use crate::metrics::Metrics;
use crate::store::Store;

/// Row groups that one task reads, and rows in memory.
const ROW_GROUPS_PER_TASK: usize = 2;
const ROWS_PER_TASK: usize = 32 << 10;

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

/// Lets `step` see each batch with its wanted rows. Each task folds into a value of its own; `merge` joins them in no
/// particular order.
pub(crate) async fn fold<T, F, M>(
    store: &Arc<Store>,
    sources: &Sources,
    wanted: &Wanted,
    guard: &Arc<Guard>,
    step: F,
    merge: M,
) -> Result<(), QueryError>
where
    T: Default + Send + 'static,
    F: Fn(&mut T, &SpanBatch, RowIndices<'_>) + Clone + Send + Sync + 'static,
    M: FnMut(T) -> Result<(), QueryError>,
{
    let rows = ByRow { wanted: Arc::new(wanted.clone()), step };
    visit(store, sources, guard, rows, merge).await
}

/// What looks at sources: a batch in memory at a time, or some row groups of a segment.
pub(crate) trait Visitor<T>: Clone + Send + Sync + 'static {
    /// What is the same for all pieces of a segment.
    type Way: Send + Sync + 'static;

    /// `None` if nothing of the segment is wanted.
    fn way(&self, segment: &OpenSegment) -> Option<Self::Way>;

    fn memory(&self, value: &mut T, batch: &SpanBatch) -> Result<(), QueryError>;

    fn segment(&self, value: &mut T, piece: &Piece<Self::Way>) -> Result<(), PieceError>;
}

/// Lets a visitor look at everything, in tasks of bounded size.
pub(crate) async fn visit<T, V, M>(
    store: &Arc<Store>,
    sources: &Sources,
    guard: &Arc<Guard>,
    visitor: V,
    mut merge: M,
) -> Result<(), QueryError>
where
    T: Default + Send + 'static,
    V: Visitor<T>,
    M: FnMut(T) -> Result<(), QueryError>,
{
    let mut tasks = FuturesUnordered::new();
    for batches in chunks_of_rows(&sources.batches) {
        while tasks.len() >= store.query_tasks() {
            if let Some(done) = tasks.next().await {
                merge(flat(done)?)?;
            }
        }
        let (batches, guard, visitor) = (batches.to_vec(), Arc::clone(guard), visitor.clone());
        let permit = slot(store).await?;
        tasks.push(tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut value = T::default();
            for batch in &batches {
                guard.check()?;
                guard.count(batch.rows.len(), batch.memory_bytes());
                visitor.memory(&mut value, batch)?;
            }
            Ok(value)
        }));
    }
    for (number, meta) in sources.segments.iter().enumerate() {
        guard.check()?;
        let Some(segment) = open(store, meta).await? else { continue };
        let Some(way) = visitor.way(&segment).map(Arc::new) else { continue };
        let groups: Vec<usize> = (0..segment.footer.metadata().num_row_groups()).collect();
        for groups in groups.chunks(ROW_GROUPS_PER_TASK) {
            while tasks.len() >= store.query_tasks() {
                if let Some(done) = tasks.next().await {
                    merge(flat(done)?)?;
                }
            }
            let permit = slot(store).await?;
            let (segment, way, groups) = (segment.clone(), Arc::clone(&way), groups.to_vec());
            let piece = Piece { number, segment, way, groups, guard: Arc::clone(guard) };
            let (visitor, metrics) = (visitor.clone(), Arc::clone(&store.metrics));
            tasks.push(tokio::task::spawn_blocking(move || {
                let _permit = permit;
                let mut value = T::default();
                match visitor.segment(&mut value, &piece) {
                    Ok(()) => Ok(value),
                    Err(PieceError::Query(error)) => Err(error),
                    Err(PieceError::Damaged(error)) => {
                        report_damage(&metrics, &piece.segment, &error);
                        Ok(value)
                    }
                }
            }));
        }
    }
    while let Some(done) = tasks.next().await {
        merge(flat(done)?)?;
    }
    Ok(())
}

type Done<T> = Result<Result<T, QueryError>, tokio::task::JoinError>;

fn flat<T>(done: Done<T>) -> Result<T, QueryError> {
    done?
}

pub(crate) fn report_damage(metrics: &Metrics, segment: &OpenSegment, error: &ArrowError) {
    metrics.damaged_segments.add(1);
    tracing::error!(segment = segment.meta.path, %error, "part of a segment cannot be read and is left out of the answer");
}

/// Batches that one task looks at.
fn chunks_of_rows(batches: &[Arc<SpanBatch>]) -> Vec<&[Arc<SpanBatch>]> {
    let (mut chunks, mut first, mut rows) = (Vec::new(), 0, 0);
    for (at, batch) in batches.iter().enumerate() {
        rows += batch.rows.len();
        if rows >= ROWS_PER_TASK {
            chunks.push(&batches[first..=at]);
            (first, rows) = (at + 1, 0);
        }
    }
    if first < batches.len() {
        chunks.push(&batches[first..]);
    }
    chunks
}

pub(crate) async fn slot(store: &Store) -> Result<tokio::sync::OwnedSemaphorePermit, QueryError> {
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
    pub file: SharedFile,
    pub footer: ArrowReaderMetadata,
}

#[derive(Debug, Clone)]
pub(crate) struct SharedFile(Arc<SegmentFile>);

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
