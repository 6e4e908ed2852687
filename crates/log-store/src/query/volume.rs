//! How many lines and bytes streams have over time. Rows in memory are counted; for segments, the index is enough, so that
//! the answer costs the same however much there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use logql::CompiledSelector;
use model::{TenantId, TimeRange};
use segment::{Engine, Error};

use super::budget::QueryError;
use super::touched::{Look, Touched};
use crate::batch::{LogBatch, Stream};
use crate::indexes::index_of;
use crate::schema::LogSchema;

/// Lines and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Amount {
    pub lines: f64,
    pub bytes: f64,
}

/// Takes what one batch or segment has of a stream: the stream, when its lines are (both ends included), and how many.
/// Lines of a piece count as evenly spread over its time.
pub(crate) trait Tally {
    fn add(&mut self, stream: &Arc<Stream>, first: i64, last: i64, amount: Amount);
}

/// Hands all pieces of the streams that `selector` matches and that touch `range` to `tally`.
pub(crate) async fn measure(
    engine: &Arc<Engine<LogSchema>>,
    tenant: &TenantId,
    range: TimeRange,
    selector: &CompiledSelector,
    tally: &mut (impl Tally + Send),
) -> Result<(), QueryError> {
    let touched = Touched::new(engine, tenant, range);
    let counts = |stream: &Stream| {
        selector.matches(&stream.labels)
            && !touched.as_ref().is_some_and(|touched| touched.contains(&stream.labels))
    };
    let snapshot = engine.snapshot(tenant, range);
    for batch in snapshot.batches.iter().filter(|batch| batch.overlaps(range)) {
        measure_batch(batch, range, counts, tally);
    }
    for meta in &snapshot.segments {
        let index = match index_of(engine, meta).await {
            Ok(index) => index,
            Err(Error::Gone(_) | Error::Damaged { .. } | Error::Parquet(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        for entry in &index.streams {
            if range.overlaps(entry.first, entry.last) && counts(&entry.stream) {
                let amount = Amount { lines: entry.rows as f64, bytes: entry.bytes as f64 };
                tally.add(&entry.stream, entry.first.0, entry.last.0, amount);
            }
        }
    }
    if let Some(touched) = touched {
        let left = touched.read(engine, tenant, selector.clone(), Left::new(range)).await?;
        for ((text, _), piece) in left.pieces {
            let stream = engine.schema().streams.parse(&text);
            let stream = stream.map_err(|error| QueryError::Internal(error.to_string()))?;
            tally.add(&stream, piece.first, piece.last, piece.amount);
        }
    }
    Ok(())
}

/// What is left of streams with deleted lines, in pieces of time.
struct Left {
    width: i64,
    current: Arc<str>,
    pieces: BTreeMap<(Arc<str>, i64), Piece>,
}

struct Piece {
    first: i64,
    last: i64,
    amount: Amount,
}

impl Left {
    /// Pieces of a stream, at most: more than an answer shows.
    const PIECES: i64 = 4000;

    fn new(range: TimeRange) -> Self {
        let length = range.end.0.saturating_sub(range.start.0);
        Self { width: (length / Self::PIECES).max(1), current: Arc::from(""), pieces: BTreeMap::new() }
    }
}

impl Look for Left {
    fn begin_stream(&mut self, stream: &Stream) {
        self.current = Arc::from(&*stream.text);
    }

    fn wants_more(&self) -> bool {
        true
    }

    fn line(&mut self, timestamp: i64, line: &str) {
        let key = (Arc::clone(&self.current), timestamp.div_euclid(self.width));
        let empty = Piece { first: timestamp, last: timestamp, amount: Amount::default() };
        let piece = self.pieces.entry(key).or_insert(empty);
        piece.first = piece.first.min(timestamp);
        piece.last = piece.last.max(timestamp);
        piece.amount.lines += 1.0;
        piece.amount.bytes += line.len() as f64;
    }
}

/// Rows in memory are counted one by one.
fn measure_batch(
    batch: &LogBatch,
    range: TimeRange,
    counts: impl Fn(&Stream) -> bool,
    tally: &mut impl Tally,
) {
    let matching: Vec<bool> = batch.streams.iter().map(|stream| counts(stream)).collect();
    if !matching.contains(&true) {
        return;
    }
    for row in (0..batch.len()).map(|at| batch.row(at)) {
        let stream = row.stream as usize;
        if matching[stream] && range.contains(row.timestamp) {
            let amount = Amount { lines: 1.0, bytes: row.line.len() as f64 };
            tally.add(&batch.streams[stream], row.timestamp.0, row.timestamp.0, amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::batch;

    #[derive(Default)]
    struct All(Vec<(String, i64, f64)>);

    impl Tally for All {
        fn add(&mut self, stream: &Arc<Stream>, first: i64, _: i64, amount: Amount) {
            self.0.push((stream.text.to_string(), first, amount.bytes));
        }
    }

    #[test]
    fn rows_in_memory_are_counted_in_the_range_only() {
        let row = |labels: &str, at, line: &str| (labels.to_owned(), at, line.to_owned(), vec![]);
        let rows = [row(r#"{a="1"}"#, 1, "one"), row(r#"{b="1"}"#, 2, "two"), row(r#"{a="1"}"#, 3, "three")];
        let selector = CompiledSelector::new(&logql::parse_selector(r#"{a="1"}"#).unwrap()).unwrap();
        let mut all = All::default();
        let range = TimeRange::new(model::TimestampNanos(0), model::TimestampNanos(3));
        measure_batch(&batch(&rows), range, |stream| selector.matches(&stream.labels), &mut all);
        assert_eq!(all.0, [(r#"{a="1"}"#.to_owned(), 1, 3.0)]);
    }
}
