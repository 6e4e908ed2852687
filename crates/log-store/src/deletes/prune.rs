//! The rows of a segment that stay.

use ahash::HashSet;
use logql::Row;
use smallvec::SmallVec;

use super::filter::ActiveDeletes;
use crate::batch::LogBatch;

/// What is left when `deletes` are carried out; `None` if that is everything.
pub(crate) fn prune(batch: &LogBatch, deletes: &ActiveDeletes) -> Option<LogBatch> {
    let mut checker = deletes.checker();
    let mut current = None;
    let mut metadata: SmallVec<[(&str, &str); 8]> = SmallVec::new();
    keep(batch, |at| {
        let row = batch.row(at);
        if current != Some(row.stream) {
            current = Some(row.stream);
            checker.begin_stream(&batch.streams[row.stream as usize].labels);
        }
        metadata.clear();
        metadata.extend(row.metadata.iter());
        // Lines were checked on the way in; one that is no text all the same matches nothing.
        std::str::from_utf8(row.line).map_or(true, |line| {
            !checker.deletes(Row { timestamp: row.timestamp.0, line, metadata: &metadata })
        })
    })
}

/// What is left without the streams whose label texts are `gone`.
pub(crate) fn without_streams(batch: &LogBatch, gone: &HashSet<String>) -> Option<LogBatch> {
    let stays: Vec<bool> = batch.streams.iter().map(|stream| !gone.contains(&*stream.text)).collect();
    keep(batch, |at| stays[batch.stream[at] as usize])
}

fn keep(batch: &LogBatch, mut stays: impl FnMut(usize) -> bool) -> Option<LogBatch> {
    let kept: Vec<u32> = (0..batch.len() as u32).filter(|at| stays(*at as usize)).collect();
    (kept.len() < batch.len()).then(|| batch.pick(&kept))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::batch::tests::{batch, plain, rows};
    use crate::deletes::filter::tests::active;

    proptest! {
        #[test]
        fn pruning_is_filtering(rows in rows()) {
            let deletes = active(&[(r#"{a=~".+"} |~ "[a-k]""#, i64::MIN, 0), (r#"{c="ü"}"#, 0, i64::MAX)]);
            let expected: Vec<_> = rows.iter().filter(|(labels, at, line, _)| {
                let first = !labels.contains('c') && *at <= 0 && line.contains(|c| ('a'..='k').contains(&c));
                let second = labels.contains('c') && *at >= 0;
                !first && !second
            }).cloned().collect();
            match prune(&batch(&rows), &deletes) {
                Some(kept) => prop_assert_eq!(plain(&kept), expected),
                None => prop_assert_eq!(rows, expected),
            }
        }

        #[test]
        fn streams_can_be_left_out(rows in rows()) {
            let gone = HashSet::from_iter([r#"{a="1"}"#.to_owned()]);
            let expected: Vec<_> = rows.iter().filter(|row| row.0 != r#"{a="1"}"#).cloned().collect();
            match without_streams(&batch(&rows), &gone) {
                Some(kept) => prop_assert_eq!(plain(&kept), expected),
                None => prop_assert_eq!(rows, expected),
            }
        }
    }
}
