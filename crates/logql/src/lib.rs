//! LogQL: lexer, parser, syntax tree, printer, pipelines, templates and evaluation. No I/O.
//!
//! The printer gives back text that parses to the same tree.
//!
//! ```
//! let query = logql::parse(r#"{service_name="order-service"} |= "declined" or "refused" != "test""#)?;
//! assert_eq!(query.to_string(), r#"{service_name="order-service"} |= "declined" or "refused" != "test""#);
//! # Ok::<(), logql::ParseError>(())
//! ```

mod error;
mod eval;
mod gotext;
mod matcher;
mod pipeline;
mod syntax;
mod template;

pub use error::{ParseError, Position};
pub use eval::{
    CategorizedLabels, Collector, Direction, EvalError, LabelSet, Leaf, LeafPart, LogCollector, LogEntry,
    LogOptions, LogPart, LogPlan, MetricOptions, MetricPlan, ReadRange, ResultStream, Sample, Series,
    TimeAxis, Value, group_streams,
};
pub use gotext::float::Plain as SampleValue;
pub use matcher::{CompiledMatcher, CompiledSelector};
pub use pipeline::{Category, CompiledFilter, CompiledFilters, Passed, Pipeline, Requirements, Row, Runner};
pub use syntax::*;

/// Longer queries are refused before they are looked at, as Loki does.
pub const MAX_QUERY_BYTES: usize = 131_072;
