//! How files are read.

use std::time::Duration;

/// Settings of a job's reader.
#[derive(Debug, Clone)]
pub struct ReadSettings {
    /// Between looks while lines arrive.
    pub min_poll: Duration,
    /// Between looks when nothing does.
    pub max_poll: Duration,
    /// Between full evaluations of the globs.
    pub sync_period: Duration,
    /// Bytes of a line at most.
    pub max_line_bytes: usize,
    pub long_lines: LongLines,
    /// How long a file that was rotated away is watched for late lines.
    pub rotated_grace: Duration,
}

/// What happens to lines that are too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LongLines {
    Truncate,
    Drop,
}

impl Default for ReadSettings {
    fn default() -> Self {
        Self {
            min_poll: Duration::from_millis(250),
            max_poll: Duration::from_millis(250),
            sync_period: Duration::from_secs(10),
            max_line_bytes: crate::MAX_LINE_BYTES,
            long_lines: LongLines::Truncate,
            rotated_grace: Duration::from_secs(5),
        }
    }
}
