//! Running a parsed query: a plan of `logql`, fed from all places that have rows, on threads where it may take long.

use std::sync::Arc;

use logql::{LeafPart, LogEntry, LogPlan, MetricPlan, Value};
use model::{TenantId, TimeRange};
use segment::Engine;

use super::budget::{Budget, QueryError};
use super::columnar::{LineWorker, SampleWorker};
use super::scan::{Scan, Scanned, Wanted};
use super::sources::{BatchRows, SegmentRows, Sources, window};
use super::workers::share;
use crate::schema::LogSchema;

/// What queries share.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub engine: Arc<Engine<LogSchema>>,
    pub tenant: TenantId,
    pub budget: Budget,
}

/// A part of the work.
enum Unit<'a> {
    Batch(&'a BatchRows),
    Segment(&'a SegmentRows),
}

/// What is in memory first: it is the newest.
fn units(sources: &Sources) -> Vec<Unit<'_>> {
    let batches = sources.batches.iter().map(Unit::Batch);
    batches.chain(sources.segments.iter().map(Unit::Segment)).collect()
}

/// The lines of a log query, in the order asked for.
pub(crate) async fn run_log(
    context: Context,
    plan: LogPlan,
    range: TimeRange,
) -> Result<(Vec<LogEntry>, Scanned), QueryError> {
    blocking(context, move |scan| {
        let backward = plan.options().direction == logql::Direction::Backward;
        let selector = plan.compiled_selector().clone();
        let sources = scan.sources(&Wanted { selector, range, backward })?;
        let shared = scan.shared(&sources);
        let parts = gather(scan, &sources, || LineWorker::new(shared, &plan))?;
        Ok(plan.finish(parts))
    })
    .await
}

/// The value of a metric query.
pub(crate) async fn run_metric(context: Context, plan: MetricPlan) -> Result<(Value, Scanned), QueryError> {
    blocking(context, move |scan| {
        let mut parts = Vec::with_capacity(plan.leaves().len());
        for leaf in plan.leaves() {
            parts.push(leaf_parts(scan, leaf)?);
        }
        Ok(plan.evaluate(parts)?)
    })
    .await
}

fn leaf_parts(scan: &mut Scan<'_>, leaf: &logql::Leaf) -> Result<Vec<LeafPart>, QueryError> {
    let reads = leaf.reads();
    let range = window(reads.after, reads.until);
    let selector = leaf.compiled_selector().clone();
    let sources = scan.sources(&Wanted { selector, range, backward: false })?;
    let shared = scan.shared(&sources);
    gather(scan, &sources, || SampleWorker::new(shared, leaf))
}

/// Takes rows on one thread.
pub(super) trait Worker {
    type Part: Send;

    fn batch(&mut self, source: &BatchRows) -> Result<(), QueryError>;
    fn segment(&mut self, source: &SegmentRows) -> Result<(), QueryError>;
    fn finish(self) -> (Self::Part, Scanned);
}

/// Takes all sources through workers.
fn gather<W: Worker>(
    scan: &mut Scan<'_>,
    sources: &Sources,
    worker: impl Fn() -> W + Sync,
) -> Result<Vec<W::Part>, QueryError> {
    let work = |worker: &mut W, unit: &Unit<'_>| match unit {
        Unit::Batch(rows) => worker.batch(rows),
        Unit::Segment(rows) => worker.segment(rows),
    };
    let parts = share(&units(sources), worker, work, W::finish)?.into_iter().map(|(part, scanned)| {
        scan.scanned.add(scanned);
        part
    });
    Ok(parts.collect())
}

/// Runs `work` where it may take long, with a scan of its own.
pub(super) async fn blocking<T: Send + 'static>(
    context: Context,
    work: impl FnOnce(&mut Scan<'_>) -> Result<T, QueryError> + Send + 'static,
) -> Result<(T, Scanned), QueryError> {
    let runtime = tokio::runtime::Handle::current();
    let done = tokio::task::spawn_blocking(move || {
        let Context { engine, tenant, budget } = context;
        let mut scan = Scan::new(&engine, &tenant, &budget, &runtime);
        let value = work(&mut scan)?;
        Ok((value, scan.scanned))
    });
    done.await.map_err(|error| QueryError::Internal(error.to_string()))?
}
