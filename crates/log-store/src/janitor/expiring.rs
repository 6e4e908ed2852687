//! Retention: segments whose streams have all expired are deleted; where only some have, the segment is rewritten.
//!
//! Streams of a segment expire together with the others of it that are kept as long: a segment is rewritten at most once
//! per period that its tenant's rules name. When a segment is due next is remembered, so its streams are read once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use model::{TenantId, TimestampNanos};
use segment::{Engine, Error, Rewritten, SegmentMeta};

use crate::deletes::without_streams;
use crate::indexes::index_of;
use crate::limits::{Limits, TenantLimits};
use crate::schema::LogSchema;

pub(super) struct Expiring {
    engine: Arc<Engine<LogSchema>>,
    tenants: Arc<TenantLimits>,
    /// Segments with streams of several periods, and when the next of them expire.
    due: HashMap<String, TimestampNanos>,
}

/// What is to be done with a segment.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Keep,
    Remove,
    Look,
}

/// The streams of a segment that are kept equally long.
#[derive(Debug, Default)]
struct Group {
    streams: Vec<String>,
    last: TimestampNanos,
}

impl Expiring {
    pub(super) fn new(engine: Arc<Engine<LogSchema>>, tenants: Arc<TenantLimits>) -> Self {
        Self { engine, tenants, due: HashMap::new() }
    }

    /// To be called when rules have changed.
    pub(super) fn forget(&mut self) {
        self.due.clear();
    }

    pub(super) async fn expire(&mut self, now: TimestampNanos) -> Result<(), Error> {
        let segments = self.engine.segments();
        let mut expired = HashSet::new();
        for meta in &segments {
            let Ok(tenant) = TenantId::new(&meta.tenant) else { continue };
            let limits = self.tenants.of(&tenant);
            match verdict(meta, &limits, now) {
                Verdict::Keep => {}
                Verdict::Remove => drop(expired.insert(meta.id.clone())),
                Verdict::Look => {
                    if self.due.get(&meta.id).is_none_or(|due| *due <= now)
                        && self.look(meta, &limits, now).await?
                    {
                        expired.insert(meta.id.clone());
                    }
                }
            }
        }
        let present: HashSet<&str> = segments.iter().map(|meta| meta.id.as_str()).collect();
        self.due.retain(|id, _| present.contains(id.as_str()));
        if !expired.is_empty() {
            let segments = self.engine.remove(&expired).await?;
            tracing::info!(segments, "expired segments deleted");
        }
        Ok(())
    }

    /// Rewrites the segment if some of its streams have expired; true if all have.
    async fn look(
        &mut self,
        meta: &Arc<SegmentMeta>,
        limits: &Limits,
        now: TimestampNanos,
    ) -> Result<bool, Error> {
        let groups = match self.groups(meta, limits).await {
            Ok(groups) => groups,
            // Whoever quarantined or removed it has told.
            Err(Error::Gone(_) | Error::Damaged { .. } | Error::Parquet(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let ends = |period: Duration, group: &Group| group.last.saturating_add(period);
        let mut gone: ahash::HashSet<String> = ahash::HashSet::default();
        let mut next = TimestampNanos::MAX;
        let mut all = true;
        for (period, group) in groups {
            match period.map(|period| ends(period, &group)) {
                Some(end) if end < now => gone.extend(group.streams),
                end => {
                    all = false;
                    next = next.min(end.unwrap_or(TimestampNanos::MAX));
                }
            }
        }
        if all || gone.is_empty() {
            self.due.insert(meta.id.clone(), next);
            return Ok(all);
        }
        let streams = gone.len();
        let rewritten = self.engine.rewrite(meta, move |batch| without_streams(&batch, &gone)).await?;
        if let Rewritten::Replaced(new) = rewritten {
            self.due.extend(new.iter().map(|meta| (meta.id.clone(), next)));
            tracing::info!(path = meta.path, streams, "expired streams deleted");
        }
        Ok(false)
    }

    async fn groups(
        &self,
        meta: &Arc<SegmentMeta>,
        limits: &Limits,
    ) -> Result<BTreeMap<Option<Duration>, Group>, Error> {
        let index = index_of(&self.engine, meta).await?;
        let mut groups: BTreeMap<Option<Duration>, Group> = BTreeMap::new();
        for entry in &index.streams {
            let group = groups.entry(limits.retention.period(&entry.stream.labels)).or_default();
            group.last = if group.streams.is_empty() { entry.last } else { group.last.max(entry.last) };
            group.streams.push(entry.stream.text.to_string());
        }
        Ok(groups)
    }
}

/// What can be said without looking at the streams.
fn verdict(meta: &SegmentMeta, limits: &Limits, now: TimestampNanos) -> Verdict {
    let (Some(shortest), longest) = (limits.retention.shortest(), limits.retention.longest()) else {
        return Verdict::Keep;
    };
    if longest.is_some_and(|longest| meta.last < now.saturating_sub(longest)) {
        Verdict::Remove
    } else if Some(shortest) != longest && meta.first < now.saturating_sub(shortest) {
        Verdict::Look
    } else {
        Verdict::Keep
    }
}

#[cfg(test)]
mod tests {
    use segment::PartitionHour;

    use super::*;
    use crate::config::Config;

    #[test]
    fn streams_are_looked_at_only_when_that_can_matter() {
        let limits = |text: &str| {
            let text = format!("compactor: {{retention_enabled: true}}\nlimits_config: {{{text}}}\n");
            Config::parse(&text, "test").unwrap().limits
        };
        let hours = |hours: i64| TimestampNanos::from_secs(hours * 3600);
        let meta = SegmentMeta {
            id: "1".to_owned(),
            path: String::new(),
            tenant: "fake".to_owned(),
            hour: PartitionHour(100),
            rows: 1,
            bytes: 1,
            first: hours(100),
            last: hours(101),
            crc32: 0,
            format: 1,
        };
        let stream = "retention_stream: [{selector: '{a=\"b\"}', period: 24h}]";
        for (text, at, expected) in [
            ("", 10_000, Verdict::Keep),
            ("retention_period: 48h", 149, Verdict::Keep),
            ("retention_period: 48h", 150, Verdict::Remove),
            (stream, 10_000, Verdict::Look),
            (stream, 124, Verdict::Keep),
            (&format!("retention_period: 48h, {stream}"), 125, Verdict::Look),
            (&format!("retention_period: 48h, {stream}"), 150, Verdict::Remove),
            (&format!("retention_period: 24h, {stream}"), 125, Verdict::Keep),
        ] {
            assert_eq!(verdict(&meta, &limits(text), hours(at)), expected, "{text} at {at}");
        }
    }
}
