//! TraceQL: parser, printer, checks and evaluation over traces that a store hands in. No I/O.
//!
//! - [`Query`] is a query, ready to run. [`Query::fields`] are the columns it needs; [`Query::conditions`] is what a store
//!   may decide row by row before it puts traces together.
//! - A store hands spans in as [`Spans`], whole traces as [`Trace`]: columns of borrowed [`Value`]s.

mod conditions;
mod data;
mod field;
mod query;
mod test;
mod value;

pub use conditions::{Clause, Condition, Conditions, MAX_FILTERS, SpanConditions, TraceTest};
pub use data::{Spans, Trace};
pub use field::{Field, Intrinsic, Level, Scope};
pub use query::Query;
pub use test::{Compare, Static, Test};
pub use value::{Array, Kind, Status, Value};

/// Longer queries are refused before they are looked at, as Tempo does.
pub const MAX_QUERY_BYTES: usize = 131_072;
