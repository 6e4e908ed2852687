//! Evaluation: from rows that a store pushes to the value of a query.
//!
//! The store drives. It asks a plan which streams and which times each leaf needs, gives each thread a collector, pushes
//! the matching rows stream by stream in any order of time, hands the parts back and asks for the value. Nothing is kept
//! per line where a running form exists: a sample goes into the accumulator of its series and of its slice of time.

mod accumulate;
mod binary;
mod buckets;
mod collect;
mod error;
mod gate;
mod labels;
mod leaf;
mod log;
mod node;
mod parts;
mod plan;
mod quantile;
mod rate_counter;
mod result;
mod series;
mod table;
mod time;
mod vector;

pub use collect::{Class, Collector, LeafPart};
pub use error::EvalError;
pub use gate::{Gate, GateRunner};
pub use labels::{CategorizedLabels, LabelSet};
pub use leaf::Leaf;
pub use log::{Direction, LogCollector, LogEntry, LogOptions, LogPart, LogPlan, ResultStream, group_streams};
pub use plan::{MetricOptions, MetricPlan};
pub use result::{Sample, Series, Value};
pub use time::{ReadRange, TimeAxis};

#[cfg(test)]
mod tests;
