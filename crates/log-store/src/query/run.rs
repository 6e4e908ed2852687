//! Running a parsed query: a plan of `logql`, fed by a scan, on a thread where it may take long.

use std::sync::Arc;

use logql::{Collector, EvalError, LogCollector, LogEntry, LogPlan, MetricPlan, Row, Value};
use model::{TenantId, TimeRange, TimestampNanos};
use segment::Engine;

use super::budget::{Budget, QueryError};
use super::scan::{Scan, Scanned, Sink, Wanted};
use super::sources::window;
use crate::batch::Stream;
use crate::schema::LogSchema;

/// What queries share.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub engine: Arc<Engine<LogSchema>>,
    pub tenant: TenantId,
    pub budget: Budget,
}

/// The lines of a log query, in the order asked for.
pub(crate) async fn run_log(
    context: Context,
    plan: LogPlan,
    range: TimeRange,
) -> Result<(Vec<LogEntry>, Scanned), QueryError> {
    blocking(context, move |scan| {
        let backward = plan.options().direction == logql::Direction::Backward;
        let wanted = Wanted { selector: plan.compiled_selector().clone(), range, backward };
        let mut sink = Lines { collector: plan.collector(), bytes: 0 };
        scan.run(&wanted, &mut sink)?;
        let part = sink.collector.finish();
        Ok(plan.finish(vec![part]))
    })
    .await
}

/// The value of a metric query.
pub(crate) async fn run_metric(context: Context, plan: MetricPlan) -> Result<(Value, Scanned), QueryError> {
    blocking(context, move |scan| {
        let mut parts = Vec::with_capacity(plan.leaves().len());
        for leaf in plan.leaves() {
            let reads = leaf.reads();
            let wanted = Wanted {
                selector: leaf.compiled_selector().clone(),
                range: window(reads.after, reads.until),
                backward: false,
            };
            let mut sink = Samples(leaf.collector());
            scan.run(&wanted, &mut sink)?;
            parts.push(vec![sink.0.finish()]);
        }
        Ok(plan.evaluate(parts)?)
    })
    .await
}

/// Runs `work` where it may take long, with a scan of its own.
pub(super) async fn blocking<T: Send + 'static>(
    context: Context,
    work: impl FnOnce(&mut Scan<'_>) -> Result<T, QueryError> + Send + 'static,
) -> Result<(T, Scanned), QueryError> {
    let runtime = tokio::runtime::Handle::current();
    let done = tokio::task::spawn_blocking(move || {
        let Context { engine, tenant, budget } = context;
        let mut scan = Scan {
            engine: &engine,
            tenant: &tenant,
            budget: &budget,
            runtime: &runtime,
            scanned: Scanned::default(),
        };
        let value = work(&mut scan)?;
        Ok((value, scan.scanned))
    });
    done.await.map_err(|error| QueryError::Internal(error.to_string()))?
}

/// Takes rows for a log query.
struct Lines<'p> {
    collector: LogCollector<'p>,
    bytes: usize,
}

impl Sink for Lines<'_> {
    fn begin_stream(&mut self, stream: &Stream) {
        self.collector.begin_stream(&stream.labels, stream.hash());
    }

    fn wants(&self, at: TimestampNanos) -> bool {
        self.collector.wants(at.0)
    }

    fn push(&mut self, row: Row<'_>) -> Result<(), QueryError> {
        // Counts lines that are pushed out again, too: a bound, not a measure.
        self.bytes += row.line.len().saturating_sub(LINE_ALLOWANCE);
        self.collector.push(row);
        Budget::check_bytes(self.bytes)
    }
}

/// Lines of usual length are bounded by the limit on their number; only what is longer counts.
const LINE_ALLOWANCE: usize = 8 << 10;

/// Takes rows for a place in a metric query.
struct Samples<'p>(Collector<'p>);

impl Sink for Samples<'_> {
    fn begin_stream(&mut self, stream: &Stream) {
        self.0.begin_stream(&stream.labels);
    }

    fn wants(&self, _at: TimestampNanos) -> bool {
        true
    }

    fn push(&mut self, row: Row<'_>) -> Result<(), QueryError> {
        self.0.push(row).map_err(|error: EvalError| error.into())
    }
}
