//! One request to delete lines.

use model::TimestampNanos;
use serde::{Deserialize, Serialize};

/// A request as it is kept on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeleteRequest {
    pub id: String,
    pub tenant: String,
    pub query: String,
    /// Both ends are included.
    pub start: TimestampNanos,
    pub end: TimestampNanos,
    pub created: TimestampNanos,
    /// When the last line was gone from the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processed: Option<TimestampNanos>,
}

/// What a client asks for.
#[derive(Debug, Clone)]
pub(crate) struct NewRequest {
    pub query: String,
    pub start: TimestampNanos,
    pub end: TimestampNanos,
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Lines are hidden; it can still be cancelled.
    Received,
    /// So many of a hundred segments have been looked at.
    Percent(u8),
    /// Lines are gone.
    Processed,
}
