//! How spans of this store look to TraceQL.

mod candidates;
mod columns;
mod fields;
mod spans;
mod traces;

pub(crate) use candidates::RowTests;
pub(crate) use columns::{BatchColumns, Binding, SegmentColumns, SegmentRows};
pub(crate) use fields::{columns_of, keys_of};
pub(crate) use spans::BatchSpans;
pub(crate) use traces::assemble;
