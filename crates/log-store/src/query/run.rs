//! Running a parsed query: a plan of `logql`, fed from all places that have rows, on threads where it may take long.

use std::sync::Arc;

use logql::{LeafPart, LogEntry, LogPlan, MetricPlan, Value};
use model::{TenantId, TimeRange};
use segment::Engine;

use super::budget::{Budget, QueryError};
use super::columnar::{LineWorker, SampleWorker, Shared};
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
        let shared = shared(scan, &sources);
        let gathered = share(
            &units(&sources),
            || LineWorker::new(shared, &plan),
            |worker, unit| match unit {
                Unit::Batch(rows) => worker.batch(rows),
                Unit::Segment(rows) => worker.segment(rows),
            },
            LineWorker::finish,
        )?;
        let parts = gathered.into_iter().map(|(part, scanned)| {
            scan.scanned.add(scanned);
            part
        });
        let parts = parts.collect();
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
    let shared = shared(scan, &sources);
    let gathered = share(
        &units(&sources),
        || SampleWorker::new(shared, leaf),
        |worker, unit| match unit {
            Unit::Batch(rows) => worker.batch(rows),
            Unit::Segment(rows) => worker.segment(rows),
        },
        SampleWorker::finish,
    )?;
    let parts = gathered.into_iter().map(|(part, scanned)| {
        scan.scanned.add(scanned);
        part
    });
    Ok(parts.collect())
}

fn shared<'a>(scan: &Scan<'a>, sources: &'a Sources) -> Shared<'a> {
    Shared { engine: scan.engine, runtime: scan.runtime, budget: scan.budget, sources }
}

/// Runs `work` where it may take long, with a scan of its own.
async fn blocking<T: Send + 'static>(
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
