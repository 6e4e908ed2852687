//! TraceQL: parser, printer, checks and evaluation over traces that a store hands in. No I/O.
//!
//! - [`parse`] reads a query into an [`Expr`] and checks it; printing it gives text that parses to the same tree.
//! - [`Query`] is a query for spans, [`Metrics`] one for numbers over time, both ready to run. Their `fields` are the
//!   columns they need; [`Conditions`] are what a store may decide row by row before it puts traces together.
//! - A store hands spans in as [`Spans`], whole traces as [`Trace`]: columns of borrowed [`Value`]s.

mod conditions;
mod data;
mod error;
mod eval;
mod field;
#[doc(hidden)]
pub mod fuzzing;
mod metrics;
mod query;
mod syntax;
mod test;
mod value;

pub use conditions::{Clause, Condition, Conditions, MAX_FILTERS, SpanConditions, TraceTest};
pub use data::{Column, ColumnSpans, Spans, Trace};
pub use error::{Error, Position};
pub use eval::{EvalError, FoundSpan, OwnedValue, SpanSet};
pub use field::{Field, Intrinsic, Level, Scope};
pub use metrics::{Exemplar, Metrics, Offer, Part, Series, TimeAxis};
pub use query::Query;
pub use syntax::*;
pub use test::{Compare, Static, Test};
pub use value::{Array, Kind, Status, Value};

/// Reads a duration in Go's form, such as `1m30s` or `250ms`, as nanoseconds.
pub fn parse_duration(text: &str) -> Option<i64> {
    logql::go::parse_go(text).ok()
}

/// Longer queries are refused before they are looked at, as Tempo does.
pub const MAX_QUERY_BYTES: usize = 131_072;
