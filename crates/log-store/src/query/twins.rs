//! Rows that may be stored twice.
//!
//! A push whose answer was lost comes again, and its rows may then be in two places. Twins have the same stream and the
//! same time, so comparing times tells where lines have to be compared at all: nearly never.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

use arrow::array::AsArray as _;
use arrow::datatypes::TimestampNanosecondType;
use parking_lot::Mutex;
use segment::{Engine, SchemaError};
use smallvec::SmallVec;

use super::budget::QueryError;
use super::sources::{SegmentRows, Sources, left_out};
use crate::batch::Stream;
use crate::columns::{Projection, names, record_batches};
use crate::schema::LogSchema;

/// A stream, by its address, and a time.
type Moment = (usize, i64);

/// Moments at which more than one row is stored, and the rows of these moments that have been seen so far.
#[derive(Debug, Default)]
pub(super) struct Twins {
    moments: HashSet<Moment, ahash::RandomState>,
    hasher: ahash::RandomState,
    seen: Mutex<HashSet<(Moment, u64), ahash::RandomState>>,
}

fn address(stream: &Arc<Stream>) -> usize {
    Arc::as_ptr(stream).addr()
}

/// From the first to the last row of a stream in one source.
#[derive(Debug, Clone, Copy)]
struct Span {
    source: usize,
    first: i64,
    last: i64,
}

type Spans = HashMap<usize, SmallVec<[Span; 4]>, ahash::RandomState>;

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
        let mut moments: Vec<Moment> = Vec::new();
        for source in &sources.batches {
            let batch = &source.batch;
            moments.extend(source.rows.iter().map(|row| {
                let row = *row as usize;
                (address(&batch.streams[batch.stream[row] as usize]), batch.timestamp[row])
            }));
        }
        let spans = spans(sources, &moments);
        for (at, segment) in sources.segments.iter().enumerate() {
            let shared = shared(segment, at, &spans);
            if !shared.is_empty() {
                read(segment, &shared, engine, runtime, &mut moments)?;
            }
        }
        moments.sort_unstable();
        let pairs = moments.windows(2).filter(|pair| pair[0] == pair[1]);
        Ok(Self { moments: pairs.map(|pair| pair[0]).collect(), ..Self::default() })
    }
}

/// Sources are segments, and all batches together as one more.
fn spans(sources: &Sources, in_memory: &[Moment]) -> Spans {
    let mut spans = Spans::default();
    let memory = sources.segments.len();
    for (stream, at) in in_memory {
        let known = spans.entry(*stream).or_default();
        match known.last_mut() {
            Some(span) => (span.first, span.last) = (span.first.min(*at), span.last.max(*at)),
            None => known.push(Span { source: memory, first: *at, last: *at }),
        }
    }
    for (source, segment) in sources.segments.iter().enumerate() {
        for entry in &segment.streams {
            let span = Span { source, first: entry.first.0, last: entry.last.0 };
            spans.entry(address(&entry.stream)).or_default().push(span);
        }
    }
    spans
}

/// The streams of a segment that have rows elsewhere at the same time, with the parts of time that are shared.
fn shared(segment: &SegmentRows, own: usize, spans: &Spans) -> Vec<(usize, SmallVec<[(i64, i64); 4]>)> {
    let streams = segment.streams.iter().enumerate().filter_map(|(at, entry)| {
        let all = spans.get(&address(&entry.stream))?;
        let others = all.iter().filter(|span| span.source != own);
        let common = others
            .map(|span| (span.first.max(entry.first.0), span.last.min(entry.last.0)))
            .filter(|(first, last)| first <= last);
        let common: SmallVec<[(i64, i64); 4]> = common.collect();
        (!common.is_empty()).then_some((at, common))
    });
    streams.collect()
}

/// Adds the times of the shared parts.
fn read(
    segment: &SegmentRows,
    shared: &[(usize, SmallVec<[(i64, i64); 4]>)],
    engine: &Engine<LogSchema>,
    runtime: &tokio::runtime::Handle,
    moments: &mut Vec<Moment>,
) -> Result<(), QueryError> {
    let reader = match runtime.block_on(engine.open_segment(&segment.meta)) {
        Ok(reader) => reader,
        // Whoever reads its rows will report that.
        Err(error) => return left_out(error, &mut Vec::new()),
    };
    let rows = shared.iter().map(|(stream, _)| {
        let entry = &segment.streams[*stream];
        entry.first_row as usize..(entry.first_row + entry.rows) as usize
    });
    let projection = Projection::Some(vec![names::TIMESTAMP.to_owned()]);
    let mut stream = shared.iter();
    let mut current = stream.next();
    let mut left = current.map_or(0, |(at, _)| segment.streams[*at].rows);
    for batch in record_batches(reader, &projection, rows)? {
        let batch = batch.map_err(segment::Error::from)?;
        let times = batch
            .column(0)
            .as_primitive_opt::<TimestampNanosecondType>()
            .ok_or_else(|| segment::Error::from(SchemaError("timestamps have another type".to_owned())))?;
        for at in times.values() {
            while left == 0 {
                current = stream.next();
                left = current.map_or(u64::MAX, |(at, _)| segment.streams[*at].rows);
            }
            left -= 1;
            if let Some((stream, parts)) = current
                && parts.iter().any(|(first, last)| first <= at && at <= last)
            {
                moments.push((address(&segment.streams[*stream].stream), *at));
            }
        }
    }
    Ok(())
}
