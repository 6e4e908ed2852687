//! Label sets of results.

use std::fmt;
use std::sync::Arc;

use crate::gotext::quote::Quoted;
use crate::pipeline::{Category, Passed};

/// Labels sorted by name. Unlike those of a stream, values may be empty. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LabelSet(Arc<[(Arc<str>, Arc<str>)]>);

impl LabelSet {
    /// Sorts; of labels with the same name the last one stays.
    pub fn new(mut pairs: Vec<(Arc<str>, Arc<str>)>) -> Self {
        pairs.sort_by(|left, right| left.0.cmp(&right.0));
        let mut kept: Vec<(Arc<str>, Arc<str>)> = Vec::with_capacity(pairs.len());
        for pair in pairs {
            match kept.last_mut() {
                Some(last) if last.0 == pair.0 => *last = pair,
                _ => kept.push(pair),
            }
        }
        Self(kept.into())
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(key, _)| (**key).cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The labels of these names (or all others).
    pub(crate) fn only(&self, names: &[String], listed: bool) -> Self {
        let kept = |pair: &&(Arc<str>, Arc<str>)| names.iter().any(|name| **name == *pair.0) == listed;
        Self(self.0.iter().filter(kept).cloned().collect())
    }

    /// With a label set, or removed by an empty value.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs: Vec<_> = self.0.iter().filter(|(key, _)| **key != *name).cloned().collect();
        if !value.is_empty() {
            pairs.push((name.into(), value.into()));
        }
        Self::new(pairs)
    }

    /// Bytes on the heap, roughly.
    pub fn heap_bytes(&self) -> usize {
        self.0.iter().map(|(_, value)| value.len() + 64).sum()
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for LabelSet {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        Self::new(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Display for LabelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (name, value)) in self.iter().enumerate() {
            write!(f, "{}{name}={}", if at > 0 { ", " } else { "" }, Quoted(value))?;
        }
        f.write_str("}")
    }
}

/// The labels of a line, apart by where they come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CategorizedLabels {
    pub stream: LabelSet,
    pub metadata: LabelSet,
    pub parsed: LabelSet,
}

impl CategorizedLabels {
    pub(crate) fn of(passed: &Passed<'_>) -> Self {
        let mut parts = [const { Vec::new() }; 3];
        passed.for_each_id(|name, category, value| {
            let name = Arc::clone(passed.labels().names.text(name));
            parts[category as usize].push((name, value.into()));
        });
        let [stream, metadata, parsed] = parts.map(LabelSet::new);
        Self { stream, metadata, parsed }
    }

    /// All of them in one set.
    pub fn merged(&self) -> LabelSet {
        if self.metadata.is_empty() && self.parsed.is_empty() {
            return self.stream.clone();
        }
        let parts = [&self.stream, &self.metadata, &self.parsed];
        LabelSet::new(parts.into_iter().flat_map(|part| part.0.iter().cloned()).collect())
    }
}

const _: () = assert!(Category::Stream as usize == 0 && Category::Parsed as usize == 2);
