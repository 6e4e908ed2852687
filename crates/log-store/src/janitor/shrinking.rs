//! The limit on size: the oldest segments go when all together are too large.

use std::collections::HashSet;
use std::sync::Arc;

use segment::{Engine, Error, SegmentMeta};

use crate::schema::LogSchema;

pub(super) async fn shrink(engine: &Engine<LogSchema>, limit: u64) -> Result<(), Error> {
    let surplus = surplus(&engine.segments(), limit);
    if surplus.is_empty() {
        return Ok(());
    }
    let segments = engine.remove(&surplus).await?;
    tracing::info!(segments, limit, "the oldest segments were deleted to keep to the size limit");
    Ok(())
}

/// The segments whose last lines are the oldest, as many as are needed.
fn surplus(segments: &[Arc<SegmentMeta>], limit: u64) -> HashSet<String> {
    let mut total: u64 = segments.iter().map(|meta| meta.bytes).sum();
    let mut oldest: Vec<&Arc<SegmentMeta>> = segments.iter().collect();
    oldest.sort_by(|a, b| (a.last, &a.id).cmp(&(b.last, &b.id)));
    let mut surplus = HashSet::new();
    for meta in oldest {
        if total <= limit {
            break;
        }
        total -= meta.bytes;
        surplus.insert(meta.id.clone());
    }
    surplus
}

#[cfg(test)]
mod tests {
    use model::TimestampNanos;
    use segment::PartitionHour;

    use super::*;

    #[test]
    fn the_oldest_go_until_the_rest_fits() {
        let segment = |id: &str, last: i64, bytes: u64| {
            Arc::new(SegmentMeta {
                id: id.to_owned(),
                path: String::new(),
                tenant: "fake".to_owned(),
                hour: PartitionHour(0),
                rows: 1,
                bytes,
                first: TimestampNanos(0),
                last: TimestampNanos(last),
                crc32: 0,
                format: 1,
            })
        };
        let segments = [segment("b", 20, 10), segment("a", 10, 10), segment("c", 30, 10)];
        for (limit, expected) in
            [(100, &[][..]), (30, &[]), (29, &["a"]), (20, &["a"]), (10, &["a", "b"]), (0, &["a", "b", "c"])]
        {
            let mut found: Vec<String> = surplus(&segments, limit).into_iter().collect();
            found.sort();
            assert_eq!(found, expected, "{limit}");
        }
    }
}
