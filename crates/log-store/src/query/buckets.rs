//! Amounts by group and by step of time.

use std::collections::BTreeMap;
use std::sync::Arc;

use ahash::HashMap;
use model::{Labels, TimeRange};
use smallvec::SmallVec;

use super::budget::QueryError;
use super::volume::{Amount, Tally};
use crate::batch::Stream;

/// What one group is called: pairs of names and values.
pub(crate) type Group = BTreeMap<String, String>;

/// Most streams belong to one group.
type Groups = SmallVec<[usize; 4]>;

/// What streams are summed up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GroupBy {
    /// The values of these labels; a stream that lacks one is left out. Of all labels, if none is named.
    Values(Vec<String>),
    /// The names of labels, of these or of all.
    Names(Vec<String>),
}

impl GroupBy {
    fn groups(&self, labels: &Labels) -> Vec<Group> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        match self {
            Self::Values(names) if names.is_empty() => vec![labels.iter().map(owned).collect()],
            Self::Values(names) => {
                let pair = |name: &String| labels.get(name).map(|value| (name.clone(), value.to_owned()));
                names.iter().map(pair).collect::<Option<Group>>().into_iter().collect()
            }
            Self::Names(names) => labels
                .iter()
                .filter(|(name, _)| names.is_empty() || names.iter().any(|wanted| wanted == name))
                .map(|(name, _)| Group::from([(name.to_owned(), String::new())]))
                .collect(),
        }
    }
}

/// Bytes per group and step. The first step begins with the range, the last ends with it.
#[derive(Debug)]
pub(crate) struct Buckets {
    range: TimeRange,
    step_ns: i64,
    by: GroupBy,
    max_groups: usize,
    /// By the address of each stream seen: the stream, and its groups as indices into `bytes`.
    of_stream: HashMap<usize, (Arc<Stream>, Groups)>,
    index: BTreeMap<Group, usize>,
    bytes: Vec<Vec<f64>>,
}

impl Buckets {
    /// The caller has limited the number of steps.
    pub(crate) fn new(range: TimeRange, step_ns: i64, by: GroupBy, max_groups: usize) -> Self {
        Self {
            range,
            step_ns: step_ns.max(1),
            by,
            max_groups,
            of_stream: HashMap::default(),
            index: BTreeMap::new(),
            bytes: Vec::new(),
        }
    }

    /// Where the steps end: a millisecond before the next one begins, the last at the end of the range.
    pub(crate) fn ends(&self) -> Vec<i64> {
        const MILLI: i64 = 1_000_000;
        let last = self.steps() as i64 - 1;
        let end = |step: i64| self.range.start.0.saturating_add((step + 1).saturating_mul(self.step_ns));
        (0..=last)
            .map(|step| if step == last { self.range.end.0 } else { end(step).saturating_sub(MILLI) })
            .collect()
    }

    fn steps(&self) -> usize {
        let length = self.range.end.0.saturating_sub(self.range.start.0).max(1);
        usize::try_from((length - 1) / self.step_ns + 1).unwrap_or(1)
    }

    /// All groups with their bytes per step, those with most bytes first, at most `limit`.
    pub(crate) fn finish(self, limit: usize) -> Result<Vec<(Group, Vec<u64>)>, QueryError> {
        if self.index.len() > self.max_groups {
            return Err(QueryError::Invalid(format!(
                "the query hit the max number of series limit (limit: {} series)",
                self.max_groups
            )));
        }
        let whole = |bytes: &[f64]| bytes.iter().map(|bytes| bytes.round() as u64).collect::<Vec<_>>();
        let mut groups: Vec<_> =
            self.index.into_iter().map(|(group, at)| (group, whole(&self.bytes[at]))).collect();
        groups.sort_by_cached_key(|(_, bytes)| std::cmp::Reverse(bytes.iter().sum::<u64>()));
        groups.truncate(limit);
        Ok(groups)
    }

    fn groups_of(&mut self, stream: &Arc<Stream>) -> Groups {
        let address = Arc::as_ptr(stream).addr();
        if let Some((_, groups)) = self.of_stream.get(&address) {
            return groups.clone();
        }
        let steps = self.steps();
        let mut ids = Groups::new();
        for group in self.by.groups(&stream.labels) {
            let next = self.bytes.len();
            // One group beyond the limit is enough to know that there are too many.
            if next <= self.max_groups || self.index.contains_key(&group) {
                let id = *self.index.entry(group).or_insert(next);
                if id == next {
                    self.bytes.push(vec![0.0; steps]);
                }
                ids.push(id);
            }
        }
        // The stream is kept, so that its address stays its own.
        self.of_stream.insert(address, (Arc::clone(stream), ids.clone()));
        ids
    }
}

impl Tally for Buckets {
    fn add(&mut self, stream: &Arc<Stream>, first: i64, last: i64, amount: Amount) {
        let groups = self.groups_of(stream);
        let (start, end, steps) = (self.range.start.0, self.range.end.0, self.steps());
        let last_moment = (end - 1).max(start);
        let step_of = |at: i64| ((at.clamp(start, last_moment) - start) / self.step_ns) as usize;
        for step in step_of(first)..=step_of(last).min(steps - 1) {
            let from = start.saturating_add((step as i64).saturating_mul(self.step_ns));
            let to = from.saturating_add(self.step_ns).min(end);
            let share = share(first, last, from, to);
            for group in &groups {
                self.bytes[*group][step] += amount.bytes * share;
            }
        }
    }
}

/// Which part of a piece from `first` to `last` (included) lies in `from..to`.
pub(crate) fn share(first: i64, last: i64, from: i64, to: i64) -> f64 {
    let length = last.saturating_sub(first).saturating_add(1) as f64;
    let shared = to.min(last.saturating_add(1)).saturating_sub(from.max(first)).max(0) as f64;
    shared / length
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::TimestampNanos;

    fn stream(labels: &str) -> Arc<Stream> {
        Stream::new(model::parse_label_set(labels).unwrap())
    }

    fn group(pairs: &[(&str, &str)]) -> Group {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn streams_are_grouped_by_values_or_names() {
        let labels = model::parse_label_set(r#"{a="1", b="2"}"#).unwrap();
        for (by, groups) in [
            (GroupBy::Values(names(&["a"])), vec![group(&[("a", "1")])]),
            (GroupBy::Values(names(&["a", "c"])), vec![]),
            (GroupBy::Values(vec![]), vec![group(&[("a", "1"), ("b", "2")])]),
            (GroupBy::Names(names(&["b", "c"])), vec![group(&[("b", "")])]),
            (GroupBy::Names(vec![]), vec![group(&[("a", "")]), group(&[("b", "")])]),
        ] {
            assert_eq!(by.groups(&labels), groups, "{by:?}");
        }
    }

    #[test]
    fn pieces_are_spread_over_the_steps_they_touch() {
        let second = 1_000_000_000;
        let range = TimeRange::new(TimestampNanos(0), TimestampNanos(25 * second));
        let mut buckets = Buckets::new(range, 10 * second, GroupBy::Values(names(&["a"])), 10);
        assert_eq!(buckets.ends(), [10 * second - 1_000_000, 20 * second - 1_000_000, 25 * second]);
        let (x, y) = (stream(r#"{a="x"}"#), stream(r#"{a="y"}"#));
        let amount = |bytes| Amount { lines: 1.0, bytes };
        buckets.add(&y, 3, 3, amount(1.0));
        buckets.add(&x, 5 * second, 15 * second - 1, amount(100.0));
        buckets.add(&x, 24 * second, 24 * second, amount(7.0));
        buckets.add(&x, -10 * second, 10 * second - 1, amount(10.0));
        let groups = buckets.finish(10).unwrap();
        assert_eq!(groups, [(group(&[("a", "x")]), vec![55, 50, 7]), (group(&[("a", "y")]), vec![1, 0, 0])]);
    }

    #[test]
    fn too_many_groups_are_an_error_and_take_no_memory() {
        let range = TimeRange::new(TimestampNanos(0), TimestampNanos(10));
        let mut buckets = Buckets::new(range, 10, GroupBy::Values(vec![]), 2);
        for n in 0..100 {
            buckets.add(&stream(&format!("{{a=\"{n}\"}}")), 1, 1, Amount::default());
        }
        assert_eq!(buckets.bytes.len(), 3);
        let error = buckets.finish(10).unwrap_err().to_string();
        assert_eq!(error, "the query hit the max number of series limit (limit: 2 series)");
    }
}
