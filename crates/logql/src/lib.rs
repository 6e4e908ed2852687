//! LogQL: parser, printer, pipelines, templates and evaluation. No I/O: a store pushes rows in and takes values out.
//!
//! - [`parse_expr`] reads a query into an [`Expr`] and checks it; the printer gives back text that parses to the same
//!   tree, [`format_query`] lays it out. Errors carry line and column and Loki's words.
//! - [`Pipeline`] runs the stages of a query over lines; [`CompiledSelector`] and [`CompiledFilters`] are the parts of it
//!   that need no labels of lines.
//! - [`LogPlan`] and [`MetricPlan`] say what a query must read, give every thread a collector for the rows, and make the
//!   value of what the collectors return.
//! - [`FieldFinder`] and [`ValueType`] tell what lines hold that nobody has asked about yet.
//!
//! ```
//! use logql::{MetricOptions, MetricPlan, Row, TimeAxis, Value};
//!
//! let query = logql::parse_metric(r#"sum by (status) (count_over_time({app="shop"} | logfmt [1m]))"#)?;
//! let plan = MetricPlan::new(&query, TimeAxis::instant(60_000_000_000), MetricOptions::default())?;
//! let mut parts = Vec::new();
//! for leaf in plan.leaves() {
//!     // A store would look up the streams that `leaf.compiled_selector()` matches, and their rows in `leaf.reads()`.
//!     let mut collector = leaf.collector();
//!     collector.begin_stream(&model::parse_label_set(r#"{app="shop"}"#)?);
//!     for line in ["status=200", "status=500", "status=200"] {
//!         collector.push(Row { timestamp: 30_000_000_000, line, metadata: &[] })?;
//!     }
//!     parts.push(vec![collector.finish()]);
//! }
//! let Value::Vector(samples) = plan.evaluate(parts)? else { unreachable!("an instant query") };
//! let shown: Vec<String> = samples.iter().map(|sample| format!("{} {}", sample.labels, sample.value)).collect();
//! assert_eq!(shown, [r#"{status="200"} 2"#, r#"{status="500"} 1"#]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod byte_set;
mod error;
mod eval;
#[doc(hidden)]
pub mod fuzzing;
mod gotext;
mod matcher;
mod pipeline;
mod syntax;
mod template;

pub use byte_set::ByteSet;
pub use error::{ParseError, Position};
pub use eval::{
    CategorizedLabels, Class, Collector, Direction, EvalError, Gate, GateRunner, LabelSet, Leaf, LeafPart,
    LogCollector, LogEntry, LogOptions, LogPart, LogPlan, MetricOptions, MetricPlan, ReadRange, ResultStream,
    Sample, Series, TimeAxis, Value, group_streams,
};
pub use gotext::float::Plain as SampleValue;
/// Go's text forms, which TraceQL shares with LogQL.
#[doc(hidden)]
pub mod go {
    pub use crate::gotext::duration::{DurationError, GoDuration, parse_go, parse_prometheus};
    pub use crate::gotext::quote::{Quoted, unquote};
    pub use crate::gotext::regex::{RegexError, compile_anchored, fits};
}
pub use matcher::{CompiledMatcher, CompiledSelector};
pub use pipeline::{
    Category, CompiledFilter, CompiledFilters, FieldFinder, FieldNeeds, FieldParser, FoundFields, Needs,
    Parser, Passed, Pipeline, Row, Runner, ValueType,
};
pub use syntax::*;
pub use template::{AlertData, AlertTemplate};

/// Longer queries are refused before they are looked at, as Loki does.
pub const MAX_QUERY_BYTES: usize = 131_072;
