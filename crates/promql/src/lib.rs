//! PromQL over series that somebody else holds.
//!
//! The grammar is `promql-parser`'s; what a query means is here. A query is evaluated for all its steps at once: each
//! expression becomes a list of series with one value per step, so that the samples of a selector are read once
//! however many steps there are. There is no I/O: series come from a [`Source`].

mod answer;
mod error;
mod eval;
mod functions;
mod labels;
mod limits;
mod number;
mod query;
mod source;

pub use answer::Answer;
pub use error::Error;
pub use eval::{instant, range};
pub use labels::{Labels, METRIC_NAME};
pub use limits::{Budget, Dialect, Limits};
pub use number::format_number;
pub use query::{Query, selectors, series_selector};
pub use source::{SampleSeries, Selector, Source, is_stale};
