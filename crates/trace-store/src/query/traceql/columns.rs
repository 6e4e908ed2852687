//! Rows as columns, for what counts many of them: in memory the columns are drawn from the rows, in segments they are
//! there, and no row is put together.

mod bind;
mod memory;
mod segment;

pub(crate) use bind::Binding;
pub(crate) use memory::BatchColumns;
pub(crate) use segment::{SegmentColumns, SegmentRows};
