//! What a store can decide by itself, before it puts traces together.
//!
//! Every `{ … }` of a query becomes one [`SpanConditions`]: clauses that all must hold, each of alternatives of which one
//! must. A row that fails them can't be selected by that filter. [`TraceTest`] says which filters some span of a trace
//! must pass for the trace to be worth looking at. Both only ever leave out what the whole query would leave out, too;
//! what remains is evaluated in full.

use crate::test::Test;

/// A test of one field.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Index in [`crate::Query::fields`]. For a field of events or links, one of the span's events or links must pass.
    pub field: usize,
    pub test: Test,
}

/// Alternatives: one must hold.
#[derive(Debug, Clone)]
pub struct Clause(pub Vec<Condition>);

/// Clauses that must all hold for a span; none at all lets every span pass.
#[derive(Debug, Clone, Default)]
pub struct SpanConditions(pub Vec<Clause>);

/// Which filters must have a span in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceTest {
    /// Any trace.
    Always,
    /// Some span passes [`Conditions::filters`] of this index.
    Some(usize),
    All(Vec<TraceTest>),
    Any(Vec<TraceTest>),
}

impl TraceTest {
    /// Whether a trace may match, given one bit for each filter that some span of it passes.
    pub fn holds(&self, met: u64) -> bool {
        match self {
            Self::Always => true,
            Self::Some(filter) => met >> filter & 1 == 1,
            Self::All(tests) => tests.iter().all(|test| test.holds(met)),
            Self::Any(tests) => tests.iter().any(|test| test.holds(met)),
        }
    }
}

/// What a store may leave out.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// At most [`MAX_FILTERS`]; further ones are not told apart and let everything pass.
    pub filters: Vec<SpanConditions>,
    pub trace: TraceTest,
}

/// So many bits tell which filters a trace meets.
pub const MAX_FILTERS: usize = 64;
