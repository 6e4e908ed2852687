//! Streams with deleted lines, for answers that otherwise need no lines: what is known of such streams without looking
//! (their names, how many lines they have) may no longer be true, so their lines are read.

use std::sync::Arc;

use logql::{CompiledSelector, Row};
use model::{Labels, TenantId, TimeRange, TimestampNanos};
use segment::Engine;

use super::budget::{Budget, QueryError};
use super::scan::{Scan, Sink, Wanted};
use crate::batch::Stream;
use crate::deletes::ActiveDeletes;
use crate::limits::Limits;
use crate::schema::LogSchema;

/// What the lines of touched streams are shown to.
pub(super) trait Look: Send {
    /// Whether the stream is of interest at all.
    fn begin_stream(&mut self, stream: &Stream);

    /// Whether further lines of the present stream matter.
    fn wants_more(&self) -> bool;

    fn line(&mut self, timestamp: i64, line: &str);
}

/// The requests that matter in a range, and what they touch of it.
pub(super) struct Touched {
    deletes: ActiveDeletes,
    range: TimeRange,
}

impl Touched {
    /// To be asked before the snapshot is taken, as a scan does.
    pub(super) fn new(engine: &Engine<LogSchema>, tenant: &TenantId, range: TimeRange) -> Option<Self> {
        let deletes = engine.schema().deletes.active(tenant, range)?;
        Some(Self { deletes, range })
    }

    pub(super) fn contains(&self, labels: &Labels) -> bool {
        let last = TimestampNanos(self.range.end.0.saturating_sub(1));
        self.deletes.touches(labels, self.range.start, last)
    }

    /// Shows the lines that are left in touched streams that `selector` matches.
    pub(super) async fn read<L: Look + 'static>(
        self,
        engine: &Arc<Engine<LogSchema>>,
        tenant: &TenantId,
        selector: CompiledSelector,
        mut look: L,
    ) -> Result<L, QueryError> {
        let (engine, tenant) = (Arc::clone(engine), tenant.clone());
        let runtime = tokio::runtime::Handle::current();
        let (budget, _cancels_when_dropped) = Budget::new(Limits::default().query_timeout);
        let done = tokio::task::spawn_blocking(move || {
            let filters = self.deletes.filters();
            for (at, filter) in filters.iter().enumerate() {
                let mut scan = Scan::new(&engine, &tenant, &budget, &runtime);
                let wanted =
                    Wanted { selector: selector.and(&filter.selector), range: self.range, backward: false };
                let earlier = filters[..at].iter().map(|filter| &filter.selector).collect();
                scan.run(&wanted, &mut Once { look: &mut look, earlier, seen_before: false })?;
            }
            Ok(look)
        });
        done.await.map_err(|error| QueryError::Internal(error.to_string()))?
    }
}

/// Shows each stream once, though several requests may touch it.
struct Once<'a, L> {
    look: &'a mut L,
    earlier: Vec<&'a CompiledSelector>,
    seen_before: bool,
}

impl<L: Look> Sink for Once<'_, L> {
    fn begin_stream(&mut self, stream: &Stream) {
        self.seen_before = self.earlier.iter().any(|selector| selector.matches(&stream.labels));
        if !self.seen_before {
            self.look.begin_stream(stream);
        }
    }

    fn wants(&self, _at: TimestampNanos) -> bool {
        // Sources are asked with times of their own, before their first stream: later streams may want what this one
        // does not, so nothing is refused here.
        true
    }

    fn push(&mut self, row: Row<'_>) -> Result<(), QueryError> {
        if !self.seen_before && self.look.wants_more() {
            self.look.line(row.timestamp, row.line);
        }
        Ok(())
    }
}
