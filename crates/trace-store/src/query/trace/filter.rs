//! Shows only those spans of a trace that a query selects, with what stands around them.

use ahash::AHashMap;
use protocols::otlp::{ExportTraceServiceRequest, ResourceSpans};
use traceql::{Field, Query, Spans as _};

use crate::batch::batch_of;
use crate::query::traceql::BatchSpans;

/// What is shown of a trace. Depths of −1 have no bound.
#[derive(Debug, Clone)]
pub(crate) struct TraceFilter {
    pub query: Query,
    /// Levels below a match.
    pub match_depth: i64,
    /// Levels above a match; 0 for none.
    pub ancestor_depth: i64,
}

/// Why a query cannot filter a trace.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilterError {
    #[error("failed to parse TraceQL spanset filter: {0}")]
    Parse(#[from] traceql::Error),
    #[error("intrinsic is not supported by this filter: {0:?}")]
    Intrinsic(String),
    #[error("only a single TraceQL filter is supported: got a structural or aggregate query")]
    NoFilter,
}

impl TraceFilter {
    pub(crate) fn new(text: &str, match_depth: i64, ancestor_depth: i64) -> Result<Self, FilterError> {
        let query = Query::parse(text)?;
        if let Some(field) = query.fields().iter().find(|field| Field::needs_trace(field)) {
            return Err(FilterError::Intrinsic(field.to_string()));
        }
        if !query.is_row_filter() {
            return Err(FilterError::NoFilter);
        }
        Ok(Self { query, match_depth, ancestor_depth })
    }

    /// Takes out what is not shown.
    pub(crate) fn apply(&self, mut resource_spans: Vec<ResourceSpans>) -> Vec<ResourceSpans> {
        let batch = batch_of(ExportTraceServiceRequest { resource_spans: resource_spans.clone() });
        let spans = BatchSpans::of_batch(&batch, self.query.fields());
        let kept = self.kept(&spans);
        let mut at = 0;
        for resource in &mut resource_spans {
            for scope in &mut resource.scope_spans {
                scope.spans.retain(|_| {
                    at += 1;
                    kept.get(at - 1).copied().unwrap_or(false)
                });
            }
            resource.scope_spans.retain(|scope| !scope.spans.is_empty());
        }
        resource_spans.retain(|resource| !resource.scope_spans.is_empty());
        resource_spans
    }

    fn kept(&self, spans: &BatchSpans<'_>) -> Vec<bool> {
        let by_id: AHashMap<&[u8], usize> =
            (0..spans.len()).map(|span| (spans.span_id(span), span)).collect();
        let parent = |span: usize| by_id.get(spans.parent_id(span)).copied().filter(|at| *at != span);
        let matches: Vec<bool> = (0..spans.len()).map(|span| self.query.accepts(spans, span)).collect();
        let mut kept = matches.clone();
        for span in 0..spans.len() {
            let levels = |depth: i64| usize::try_from(depth).unwrap_or(spans.len());
            let above = || std::iter::successors(parent(span), |at| parent(*at));
            if above().take(levels(self.match_depth)).any(|ancestor| matches[ancestor]) {
                kept[span] = true;
            }
            if matches[span] {
                above().take(levels(self.ancestor_depth)).for_each(|ancestor| kept[ancestor] = true);
            }
        }
        kept
    }
}
