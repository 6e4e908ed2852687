//! Limits over time: bytes of a tenant, bytes of a stream, streams at once. Nothing is remembered unless one is set.

use std::sync::Arc;
use std::time::Instant;

use ahash::HashMap;
use model::TenantId;
use parking_lot::Mutex;

use super::accept::Accepted;
use super::refused::Refused;
use crate::batch::{LogBatch, Stream};
use crate::limits::{IngestLimits, Rate};

/// A push that is more than its tenant may send now. Nothing of it is stored.
#[derive(Debug, thiserror::Error)]
#[error(
    "ingestion rate limit exceeded for user {tenant} (limit: {limit} bytes/sec) while attempting to ingest '{lines}' lines totaling '{bytes}' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased"
)]
pub(crate) struct RateLimited {
    tenant: TenantId,
    limit: u64,
    pub lines: u64,
    bytes: u64,
}

/// What tenants have sent lately.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    tenants: Mutex<HashMap<TenantId, Tenant>>,
}

#[derive(Debug, Default)]
struct Tenant {
    bucket: Option<Bucket>,
    /// By hash.
    streams: HashMap<u64, Active>,
    tidy_at: usize,
}

#[derive(Debug)]
struct Active {
    seen: Instant,
    bucket: Option<Bucket>,
}

/// Tokens that come back with time.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn full(rate: Rate, now: Instant) -> Self {
        Self { tokens: rate.burst as f64, at: now }
    }

    fn take(&mut self, bytes: u64, rate: Rate, now: Instant) -> bool {
        let came_back = now.saturating_duration_since(self.at).as_secs_f64() * rate.per_second as f64;
        self.tokens = (self.tokens + came_back).min(rate.burst as f64);
        self.at = self.at.max(now);
        let enough = self.tokens >= bytes as f64;
        if enough {
            self.tokens -= bytes as f64;
        }
        enough
    }
}

/// Streams below this number are not worth tidying.
const TIDY_AT: usize = 4096;
/// Tenants from which nothing came for a while are forgotten when there are so many.
const MAX_TENANTS: usize = 1024;

impl Throttle {
    /// Takes out of a push what is too much now; an error when all of it is.
    pub(crate) fn admit(
        &self,
        limits: &IngestLimits,
        tenant: &TenantId,
        accepted: Accepted,
        now: Instant,
    ) -> Result<Accepted, RateLimited> {
        let unlimited = limits.rate.is_none() && limits.stream_rate.is_none() && limits.max_streams.is_none();
        if unlimited || accepted.batch.is_empty() {
            return Ok(accepted);
        }
        let sizes = Sizes::of(&accepted.batch);
        let mut tenants = self.tenants.lock();
        if tenants.len() >= MAX_TENANTS && !tenants.contains_key(tenant) {
            tenants.retain(|_, tenant| tenant.is_active(now));
        }
        let state = tenants.entry(tenant.clone()).or_default();
        if let Some(rate) = limits.rate {
            let (bytes, lines) = (sizes.bytes.iter().sum(), accepted.batch.len() as u64);
            if !state.bucket.get_or_insert_with(|| Bucket::full(rate, now)).take(bytes, rate, now) {
                return Err(RateLimited { tenant: tenant.clone(), limit: rate.per_second, lines, bytes });
            }
        }
        if limits.stream_rate.is_none() && limits.max_streams.is_none() {
            return Ok(accepted);
        }
        state.tidy(now);
        let Accepted { batch, mut refused, packed } = accepted;
        let verdicts: Vec<Verdict> = batch
            .streams
            .iter()
            .zip(&sizes.bytes)
            .map(|(stream, bytes)| state.verdict(stream, *bytes, limits, now))
            .collect();
        drop(tenants);
        if verdicts.iter().all(|verdict| *verdict == Verdict::Fine) {
            return Ok(Accepted { batch, refused, packed });
        }
        let batch = without(&batch, &verdicts, &sizes, limits, tenant, &mut refused);
        Ok(Accepted { batch, refused, packed: None })
    }
}

impl Tenant {
    fn is_active(&self, now: Instant) -> bool {
        let lately = |at: Instant| now.saturating_duration_since(at) < IngestLimits::STREAM_IDLE;
        self.bucket.as_ref().is_some_and(|bucket| lately(bucket.at))
            || self.streams.values().any(|stream| lately(stream.seen))
    }

    fn tidy(&mut self, now: Instant) {
        if self.streams.len() >= self.tidy_at.max(TIDY_AT) {
            self.forget_idle(now);
            self.tidy_at = self.streams.len() * 2;
        }
    }

    fn forget_idle(&mut self, now: Instant) {
        self.streams
            .retain(|_, active| now.saturating_duration_since(active.seen) < IngestLimits::STREAM_IDLE);
    }

    fn verdict(&mut self, stream: &Stream, bytes: u64, limits: &IngestLimits, now: Instant) -> Verdict {
        let hash = stream.hash();
        if let Some(max) = limits.max_streams
            && !self.streams.contains_key(&hash)
            && self.streams.len() >= max
        {
            self.forget_idle(now);
            if self.streams.len() >= max {
                return Verdict::OneTooMany;
            }
        }
        let active = self.streams.entry(hash).or_insert(Active { seen: now, bucket: None });
        active.seen = now;
        match limits.stream_rate {
            Some(rate)
                if !active.bucket.get_or_insert_with(|| Bucket::full(rate, now)).take(bytes, rate, now) =>
            {
                Verdict::TooFast
            }
            _ => Verdict::Fine,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Fine,
    TooFast,
    OneTooMany,
}

/// Bytes and entries of each stream of a batch.
struct Sizes {
    bytes: Vec<u64>,
    entries: Vec<u64>,
}

impl Sizes {
    fn of(batch: &LogBatch) -> Self {
        let mut sizes = Self { bytes: vec![0; batch.streams.len()], entries: vec![0; batch.streams.len()] };
        for row in (0..batch.len()).map(|at| batch.row(at)) {
            let metadata: usize = row.metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
            sizes.bytes[row.stream as usize] += (row.line.len() + metadata) as u64;
            sizes.entries[row.stream as usize] += 1;
        }
        sizes
    }
}

/// The batch without the streams that were refused, which are named.
fn without(
    batch: &LogBatch,
    verdicts: &[Verdict],
    sizes: &Sizes,
    limits: &IngestLimits,
    tenant: &TenantId,
    refused: &mut Refused,
) -> LogBatch {
    let mut kept = LogBatch::default();
    let mut ids = Vec::with_capacity(batch.streams.len());
    for (at, stream) in batch.streams.iter().enumerate() {
        ids.push(match verdicts[at] {
            Verdict::Fine => Some(kept.add_stream(Arc::clone(stream))),
            Verdict::TooFast => {
                let rate = limits.stream_rate.map_or(0, |rate| rate.per_second);
                refused.limit("per_stream_rate_limit", sizes.entries[at], || {
                    too_fast(stream, rate, sizes.bytes[at])
                });
                None
            }
            Verdict::OneTooMany => {
                refused.limit("stream_limit", sizes.entries[at], || one_too_many(stream, tenant));
                None
            }
        });
    }
    for row in (0..batch.len()).map(|at| batch.row(at)) {
        if let Some(stream) = ids[row.stream as usize] {
            kept.push(stream, row.timestamp, row.line, row.metadata.as_bytes());
        }
    }
    kept.shrink();
    kept
}

fn too_fast(stream: &Stream, rate: u64, bytes: u64) -> String {
    format!(
        "Per stream rate limit exceeded (limit: {}/sec) while attempting to ingest for stream '{}' totaling {}, consider splitting a stream via additional labels or contact your Loki administrator to see if the limit can be increased",
        short(rate),
        stream.text,
        short(bytes)
    )
}

fn one_too_many(stream: &Stream, tenant: &TenantId) -> String {
    format!(
        "maximum active stream limit exceeded when trying to create stream {}, reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator to see if the limit can be increased, user: '{tenant}'",
        stream.text
    )
}

/// `3MB` if it is exactly that, else in smaller units.
fn short(bytes: u64) -> String {
    let units = [("GB", 1u64 << 30), ("MB", 1 << 20), ("KB", 1 << 10)];
    let exact = units.iter().find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit));
    exact.map_or_else(|| format!("{bytes}B"), |(name, unit)| format!("{}{name}", bytes / unit))
}

#[cfg(test)]
mod tests;
