//! Leaving out what delete requests hide, on the way from a scan to the query.

use logql::Row;
use model::TimestampNanos;

use super::budget::QueryError;
use super::scan::Sink;
use crate::batch::Stream;
use crate::deletes::{ActiveDeletes, Checker};

/// Passes on the rows that no request deletes.
#[derive(Debug)]
pub(super) struct Undeleted<'a, S> {
    checker: Checker<'a>,
    sink: &'a mut S,
}

impl<'a, S: Sink> Undeleted<'a, S> {
    pub(super) fn new(deletes: &'a ActiveDeletes, sink: &'a mut S) -> Self {
        Self { checker: deletes.checker(), sink }
    }
}

impl<S: Sink> Sink for Undeleted<'_, S> {
    fn begin_stream(&mut self, stream: &Stream) {
        self.checker.begin_stream(&stream.labels);
        self.sink.begin_stream(stream);
    }

    fn wants(&self, at: TimestampNanos) -> bool {
        self.sink.wants(at)
    }

    fn push(&mut self, row: Row<'_>) -> Result<(), QueryError> {
        if self.checker.deletes(row) { Ok(()) } else { self.sink.push(row) }
    }
}
