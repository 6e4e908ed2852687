//! Limits of how much may be pushed in a time. In force when the configuration file names them: by itself, the store
//! takes what it can write.

use std::time::Duration;

use crate::config::LimitsConfig;

const MIB: f64 = 1_048_576.0;
const DEFAULT_RATE: u64 = 4 << 20;
const DEFAULT_BURST: u64 = 6 << 20;
const DEFAULT_STREAM_RATE: u64 = 3 << 20;
const DEFAULT_STREAM_BURST: u64 = 15 << 20;

/// Bytes in a second, and as many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub per_second: u64,
    pub burst: u64,
}

/// Checked limits of pushes over time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IngestLimits {
    /// Of a tenant.
    pub rate: Option<Rate>,
    /// Of each stream.
    pub stream_rate: Option<Rate>,
    /// Streams of a tenant with new entries.
    pub max_streams: Option<usize>,
    /// Whether an entry at the time of the one before it moves one nanosecond on.
    pub increment_duplicate_timestamp: bool,
}

impl IngestLimits {
    /// A stream without new entries for so long is not active.
    pub const STREAM_IDLE: Duration = Duration::from_secs(30 * 60);

    pub(crate) fn from_file(raw: &LimitsConfig) -> Self {
        let mebibytes = |number: f64| (number.max(0.0) * MIB) as u64;
        let rate = pair(
            raw.ingestion_rate_mb.map(mebibytes),
            raw.ingestion_burst_size_mb.map(mebibytes),
            (DEFAULT_RATE, DEFAULT_BURST),
        );
        let stream_rate = pair(
            raw.per_stream_rate_limit.map(|size| size.0),
            raw.per_stream_rate_limit_burst.map(|size| size.0),
            (DEFAULT_STREAM_RATE, DEFAULT_STREAM_BURST),
        );
        let streams = [raw.max_streams_per_user, raw.max_global_streams_per_user];
        Self {
            rate,
            stream_rate,
            max_streams: streams.into_iter().flatten().filter(|streams| *streams > 0).min(),
            increment_duplicate_timestamp: raw.increment_duplicate_timestamp.unwrap_or_default(),
        }
    }
}

/// A rate, when any part of it is named.
fn pair(per_second: Option<u64>, burst: Option<u64>, default: (u64, u64)) -> Option<Rate> {
    (per_second.is_some() || burst.is_some())
        .then(|| Rate { per_second: per_second.unwrap_or(default.0), burst: burst.unwrap_or(default.1) })
}
