//! Rows to samples of series, on one thread.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use hashbrown::HashTable;
use model::Labels;
use smallvec::SmallVec;

use crate::eval::error::EvalError;
use crate::eval::labels::LabelSet;
use crate::eval::leaf::{Leaf, SeriesKey};
use crate::eval::parts::Store;
use crate::pipeline::{NameId, Names, Passed, Row, Runner};

/// Takes the rows of a leaf, stream by stream.
#[derive(Debug)]
pub struct Collector<'p> {
    leaf: &'p Leaf,
    runner: Runner<'p>,
    series: SeriesIndex,
    store: Store,
    failed: Option<EvalError>,
}

/// What a row comes to: the series it belongs to, and its value. Known to the collector that gave it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Class {
    series: usize,
    value: f64,
}

impl Class {
    /// The same series with another value.
    #[must_use]
    pub fn with_value(self, value: f64) -> Self {
        Self { value, ..self }
    }
}

fn classified(
    leaf: &Leaf,
    passed: Option<Passed<'_>>,
    index: &mut SeriesIndex,
    failed: &mut Option<EvalError>,
) -> Result<Option<Class>, EvalError> {
    let Some(mut passed) = passed else { return Ok(None) };
    let value = passed.with_parts(|line, texts, labels| leaf.extract.value(line, labels, texts));
    let Some(value) = value else { return Ok(None) };
    let found = match faulty_series(leaf, &passed) {
        Some(error) => Err(error),
        None => index.of(&passed, &leaf.key, leaf.max_series),
    };
    match found {
        Ok(series) => Ok(Some(Class { series, value })),
        Err(error) => {
            *failed = Some(error.clone());
            Err(error)
        }
    }
}

/// What one collector has gathered.
#[derive(Debug, Clone)]
pub struct LeafPart {
    pub(crate) labels: Vec<LabelSet>,
    pub(crate) store: Store,
    pub(crate) failed: Option<EvalError>,
}

impl<'p> Collector<'p> {
    pub(crate) fn new(leaf: &'p Leaf) -> Self {
        Self {
            leaf,
            runner: leaf.pipeline.runner(),
            series: SeriesIndex::default(),
            store: Store::new(leaf.op),
            failed: None,
        }
    }

    /// The rows that follow are of the stream with these labels.
    pub fn begin_stream(&mut self, labels: &Labels) {
        self.runner.begin_stream(labels);
    }

    /// Takes a row. Once it has returned an error further rows change nothing.
    pub fn push(&mut self, row: Row<'_>) -> Result<(), EvalError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let Some(slice) = self.leaf.slices.of(row.timestamp) else { return Ok(()) };
        let passed = self.runner.run(row);
        if let Some(Class { series, value }) =
            classified(self.leaf, passed, &mut self.series, &mut self.failed)?
        {
            self.store.add(series, slice, row.timestamp, value);
        }
        Ok(())
    }

    /// What a row comes to that has passed the [line filters](Leaf::line_filters), without adding it; `None` if it is
    /// left out. The row need not have more than the leaf [needs](Leaf::needs).
    pub fn classify(&mut self, row: Row<'_>) -> Result<Option<Class>, EvalError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let passed = self.runner.run_filtered(row);
        classified(self.leaf, passed, &mut self.series, &mut self.failed)
    }

    /// Adds a row of a class.
    #[inline]
    pub fn add(&mut self, class: Class, timestamp: i64) {
        if let Some(slice) = self.leaf.slices.of(timestamp) {
            self.store.add(class.series, slice, timestamp, class.value);
        }
    }

    /// Adds rows of a class, ordered by time.
    pub fn add_sorted(&mut self, class: Class, timestamps: &[i64]) {
        self.store.add_sorted(class.series, class.value, self.leaf.slices, timestamps);
    }

    pub fn finish(self) -> LeafPart {
        LeafPart { labels: self.series.labels, store: self.store, failed: self.failed }
    }
}

/// The error that a line marked with one is for a metric query.
fn faulty_series(leaf: &Leaf, passed: &Passed<'_>) -> Option<EvalError> {
    let labels = passed.labels();
    if labels.has_error() {
        if leaf.errors_are_labels {
            return None;
        }
        return Some(failure(labels.error(), passed, |_| true));
    }
    // A field of the line may bear the name, too: it counts if it is a label of the series.
    let fake = passed.get(Names::ERROR).filter(|error| !error.is_empty())?;
    let shown = |name| match &leaf.key {
        SeriesKey::By(labels) => labels.contains(&name),
        SeriesKey::Without(labels) => !labels.contains(&name),
    };
    shown(Names::ERROR).then(|| failure(fake, passed, shown))
}

#[cold]
fn failure(error: &str, passed: &Passed<'_>, shown: impl Fn(NameId) -> bool) -> EvalError {
    let mut pairs = Vec::new();
    passed.for_each_id(|name, _, value| {
        if shown(name) {
            pairs.push((Arc::clone(passed.labels().names.text(name)), value.into()));
        }
    });
    EvalError::Pipeline { error: error.to_owned(), series: LabelSet::new(pairs).to_string() }
}

/// The labels of a series, sorted by the number of their names.
type SeriesKeyPairs = Box<[(NameId, Box<str>)]>;
type KeyPairs<'a> = SmallVec<[(NameId, &'a str); 24]>;

/// Series by their labels; found without building the label set.
#[derive(Debug, Default)]
struct SeriesIndex {
    table: HashTable<u32>,
    keys: Vec<SeriesKeyPairs>,
    labels: Vec<LabelSet>,
    hasher: ahash::RandomState,
    /// Of the names, when the keys were made.
    epoch: u32,
}

impl SeriesIndex {
    fn of(&mut self, passed: &Passed<'_>, key: &SeriesKey, limit: usize) -> Result<usize, EvalError> {
        let names = &passed.labels().names;
        if self.epoch != names.epoch() {
            // Numbers of names have been given anew. Series that come again are merged in the end.
            self.table.clear();
            self.epoch = names.epoch();
        }
        let mut pairs: KeyPairs<'_> = SmallVec::new();
        match key {
            SeriesKey::By(labels) => {
                pairs.extend(labels.iter().filter_map(|name| Some((*name, passed.shown(*name)?))));
            }
            SeriesKey::Without(labels) => passed.for_each_id(|name, _, value| {
                if !labels.contains(&name) {
                    pairs.push((name, value));
                }
            }),
        }
        pairs.sort_unstable_by_key(|(name, _)| *name);
        let hash = self.hash(&pairs);
        let same = |at: &u32| {
            let known = &self.keys[*at as usize];
            known.len() == pairs.len()
                && known.iter().zip(&pairs).all(|(known, pair)| known.0 == pair.0 && *known.1 == *pair.1)
        };
        if let Some(at) = self.table.find(hash, same) {
            return Ok(*at as usize);
        }
        let at = self.labels.len();
        if at >= limit {
            return Err(EvalError::TooManyInnerSeries { limit });
        }
        self.labels.push(LabelSet::new(
            pairs.iter().map(|(name, value)| (Arc::clone(names.text(*name)), (*value).into())).collect(),
        ));
        self.keys.push(pairs.into_iter().map(|(name, value)| (name, value.into())).collect());
        let (keys, hasher) = (&self.keys, &self.hasher);
        self.table.insert_unique(hash, at as u32, |at| {
            let mut state = hasher.build_hasher();
            hash_pairs(keys[*at as usize].iter().map(|(name, value)| (*name, &**value)), &mut state);
            state.finish()
        });
        Ok(at)
    }

    fn hash(&self, pairs: &[(NameId, &str)]) -> u64 {
        let mut state = self.hasher.build_hasher();
        hash_pairs(pairs.iter().copied(), &mut state);
        state.finish()
    }
}

fn hash_pairs<'a>(pairs: impl Iterator<Item = (NameId, &'a str)>, state: &mut impl Hasher) {
    for (name, value) in pairs {
        name.hash(state);
        value.hash(state);
    }
}
