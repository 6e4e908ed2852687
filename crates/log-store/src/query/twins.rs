//! Rows that may be stored twice.
//!
//! A push whose answer was lost comes again, and its rows may then be in two places. Twins have the same stream and the
//! same time, so comparing times tells where lines have to be compared at all: nearly never. Segments do not change, so
//! two of them are compared once.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hasher as _};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::AsArray as _;
use arrow::datatypes::TimestampNanosecondType;
use parking_lot::Mutex;
use segment::{Engine, Error, SchemaError, SegmentMeta};

use super::budget::QueryError;
use super::sources::{Sources, left_out};
use crate::batch::Stream;
use crate::columns::{Projection, SegmentIndex, SegmentStream, names, record_batches};
use crate::schema::LogSchema;

/// Pairs of segments that are remembered.
const MAX_PAIRS: usize = 100_000;

/// A stream, by its address, and a time.
type Moment = (usize, i64);
/// The same, with the stream held so that the address stays its own.
type HeldMoment = (Arc<Stream>, i64);
type Set<T> = HashSet<T, ahash::RandomState>;
type Map<K, V> = HashMap<K, V, ahash::RandomState>;

/// Moments at which more than one row is stored, and the rows of these moments that have been seen so far.
#[derive(Debug, Default)]
pub(super) struct Twins {
    moments: Set<Moment>,
    hasher: ahash::RandomState,
    seen: Mutex<Set<(Moment, u64)>>,
}

/// Which moments two segments share, by their identifiers: the older one's first.
#[derive(Debug, Default)]
pub(crate) struct KnownTwins(Mutex<Pairs>);

#[derive(Debug, Default)]
struct Pairs {
    by_id: Map<String, Map<String, Arc<[HeldMoment]>>>,
    count: usize,
}

fn address(stream: &Arc<Stream>) -> usize {
    Arc::as_ptr(stream).addr()
}

impl Twins {
    pub(super) fn is_empty(&self) -> bool {
        self.moments.is_empty()
    }

    /// Whether the row may have a twin.
    #[inline]
    pub(super) fn may_be(&self, stream: &Arc<Stream>, at: i64) -> bool {
        !self.moments.is_empty() && self.moments.contains(&(address(stream), at))
    }

    /// Whether the row is the first of its kind.
    pub(super) fn is_first(
        &self,
        stream: &Arc<Stream>,
        at: i64,
        line: &str,
        metadata: &[(&str, &str)],
    ) -> bool {
        if !self.may_be(stream, at) {
            return true;
        }
        let mut hasher = self.hasher.build_hasher();
        hasher.write(line.as_bytes());
        for (name, value) in metadata {
            for text in [name, value] {
                hasher.write_u8(0xff);
                hasher.write(text.as_bytes());
            }
        }
        self.seen.lock().insert(((address(stream), at), hasher.finish()))
    }

    pub(super) fn find(
        sources: &Sources,
        engine: &Engine<LogSchema>,
        runtime: &tokio::runtime::Handle,
    ) -> Result<Self, QueryError> {
        let reading = Reading { engine, runtime };
        let mut twins = Self::default();
        reading.between_segments(sources, &mut twins.moments)?;
        reading.with_memory(sources, &mut twins.moments)?;
        Ok(twins)
    }
}

/// Reads the times of streams.
#[derive(Clone, Copy)]
struct Reading<'a> {
    engine: &'a Engine<LogSchema>,
    runtime: &'a tokio::runtime::Handle,
}

impl Reading<'_> {
    fn between_segments(self, sources: &Sources, moments: &mut Set<Moment>) -> Result<(), QueryError> {
        let mut ordered: Vec<_> = sources.segments.iter().collect();
        ordered.sort_by_key(|segment| segment.meta.first);
        for (at, one) in ordered.iter().enumerate() {
            let overlapping = ordered[at + 1..].iter().take_while(|other| other.meta.first <= one.meta.last);
            for other in overlapping {
                let shared = self.pair((&one.meta, &one.index), (&other.meta, &other.index))?;
                moments.extend(shared.iter().map(|(stream, at)| (address(stream), *at)));
            }
        }
        Ok(())
    }

    fn pair(
        self,
        one: (&Arc<SegmentMeta>, &SegmentIndex),
        other: (&Arc<SegmentMeta>, &SegmentIndex),
    ) -> Result<Arc<[HeldMoment]>, QueryError> {
        let known = &self.engine.schema().twins.0;
        if let Some(shared) = known.lock().by_id.get(&one.0.id).and_then(|map| map.get(&other.0.id)) {
            return Ok(Arc::clone(shared));
        }
        let shared: Arc<[HeldMoment]> = self.compare(one, other)?.into();
        let mut known = known.lock();
        if known.count >= MAX_PAIRS {
            *known = Pairs::default();
        }
        known.count += 1;
        known.by_id.entry(one.0.id.clone()).or_default().insert(other.0.id.clone(), Arc::clone(&shared));
        Ok(shared)
    }

    fn compare(
        self,
        one: (&Arc<SegmentMeta>, &SegmentIndex),
        other: (&Arc<SegmentMeta>, &SegmentIndex),
    ) -> Result<Vec<HeldMoment>, QueryError> {
        let by_address: Map<usize, &SegmentStream> =
            one.1.streams.iter().map(|entry| (address(&entry.stream), entry)).collect();
        let both = other.1.streams.iter().filter_map(|theirs| {
            let mine = by_address.get(&address(&theirs.stream))?;
            let (first, last) = (mine.first.max(theirs.first).0, mine.last.min(theirs.last).0);
            (first <= last).then_some((*mine, theirs, first..last.saturating_add(1)))
        });
        let both: Vec<_> = both.collect();
        let mut times = Set::default();
        let mine: Vec<_> = both.iter().map(|(mine, _, range)| (*mine, range.clone())).collect();
        self.times(one.0, &mine, |stream, at| {
            times.insert((address(stream), at));
        })?;
        let mut shared = Vec::new();
        let theirs: Vec<_> = both.iter().map(|(_, theirs, range)| (*theirs, range.clone())).collect();
        self.times(other.0, &theirs, |stream, at| {
            if times.contains(&(address(stream), at)) {
                shared.push((Arc::clone(stream), at));
            }
        })?;
        Ok(shared)
    }

    /// Rows in memory, which may have twins there, too.
    fn with_memory(self, sources: &Sources, twins: &mut Set<Moment>) -> Result<(), QueryError> {
        let mut moments: Vec<Moment> = Vec::new();
        let mut spans: Map<usize, Range<i64>> = Map::default();
        for source in &sources.batches {
            let batch = &source.batch;
            for row in &source.rows {
                let stream = address(&batch.streams[batch.stream[*row as usize] as usize]);
                let at = batch.timestamp[*row as usize];
                moments.push((stream, at));
                let span = spans.entry(stream).or_insert(at..at.saturating_add(1));
                *span = span.start.min(at)..span.end.max(at.saturating_add(1));
            }
        }
        if moments.is_empty() {
            return Ok(());
        }
        for segment in &sources.segments {
            let shared = segment.streams.iter().filter_map(|entry| {
                let span = spans.get(&address(&entry.stream))?;
                let overlaps = span.start <= entry.last.0 && entry.first.0 < span.end;
                overlaps.then(|| (entry, span.clone()))
            });
            let shared: Vec<_> = shared.collect();
            self.times(&segment.meta, &shared, |stream, at| moments.push((address(stream), at)))?;
        }
        moments.sort_unstable();
        twins.extend(moments.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]));
        Ok(())
    }

    /// Calls `each` with the times of the streams' rows that lie in the given ranges.
    fn times(
        self,
        meta: &Arc<SegmentMeta>,
        wanted: &[(&SegmentStream, Range<i64>)],
        mut each: impl FnMut(&Arc<Stream>, i64),
    ) -> Result<(), QueryError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let reader = match self.runtime.block_on(self.engine.open_segment(meta)) {
            Ok(reader) => reader,
            // Whoever reads its rows will report that.
            Err(error) => return left_out(error, &mut Vec::new()),
        };
        let rows =
            wanted.iter().map(|(entry, _)| entry.first_row as usize..(entry.first_row + entry.rows) as usize);
        let projection = Projection::Some(vec![names::TIMESTAMP.to_owned()]);
        let mut rest = wanted.iter();
        let mut current = rest.next();
        let mut left = current.map_or(0, |(entry, _)| entry.rows);
        for batch in record_batches(reader, &projection, rows)? {
            let batch = batch.map_err(Error::from)?;
            let times = batch
                .column(0)
                .as_primitive_opt::<TimestampNanosecondType>()
                .ok_or_else(|| Error::from(SchemaError("timestamps have another type".to_owned())))?;
            for at in times.values() {
                while left == 0 {
                    current = rest.next();
                    left = current.map_or(u64::MAX, |(entry, _)| entry.rows);
                }
                left -= 1;
                if let Some((entry, range)) = current
                    && range.contains(at)
                {
                    each(&entry.stream, *at);
                }
            }
        }
        Ok(())
    }
}
