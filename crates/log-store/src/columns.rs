//! Log rows as Parquet, format 1.
//!
//! Rows are ordered by (labels, timestamp, arrival); exact duplicates are dropped. Columns:
//!
//! | column | type | content |
//! |---|---|---|
//! | `labels` | string, dictionary | canonical label set, `{a="b", c="d"}` |
//! | `timestamp` | timestamp, ns, UTC | |
//! | `line` | string | the line as it was pushed |
//! | `structured_metadata` | map of string to string, null when empty | |
//!
//! The footer entry `log-store.streams` lists `[labels, first row, rows, first ns, last ns]` per stream, so that a query
//! reads only the rows of the streams it selects.

use serde::{Deserialize, Serialize};

mod read;
mod write;

pub(crate) use read::{SegmentStream, load, read, streams};
pub(crate) use write::write;

/// Version of the layout.
pub(crate) const FORMAT: u32 = 1;
const STREAMS_NOTE: &str = "log-store.streams";

/// One line of the footer's stream table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StreamEntry(String, u64, u64, i64, i64);
