//! Clustering as lines come, in the manner of Drain: a line joins the cluster of its shape that it is most like, or begins
//! one. Clusters that turn out to differ in one word only are joined when there are many of them, for then that word is a
//! name.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _};

use ahash::{AHashMap, AHashSet, RandomState};

use super::cluster::Cluster;
pub(super) use super::cluster::Counts;
use super::tokens::Tokens;

/// Beyond this, the less frequent half is given up.
const MAX_CLUSTERS: usize = 1000;
/// The same for all their counts.
const MAX_COUNTS: usize = 500_000;
/// Clusters of one shape; beyond, they are made fewer.
const MAX_ALIKE: usize = 32;
/// So many words at a place that is the only difference are names.
const NAMES: usize = 10;
/// Patterns in an answer.
const MAX_PATTERNS: usize = 300;

#[derive(Debug)]
pub(super) struct Clusters {
    clusters: Vec<Cluster>,
    /// By level and shape.
    groups: AHashMap<u64, Vec<u32>>,
    counts: usize,
    hasher: RandomState,
}

impl Default for Clusters {
    fn default() -> Self {
        let hasher = RandomState::with_seeds(5, 6, 7, 8);
        Self { clusters: Vec::new(), groups: AHashMap::new(), counts: 0, hasher }
    }
}

impl Clusters {
    /// Takes a line that stands for `count` lines of the step that starts at `at`.
    pub(super) fn add(&mut self, level: u8, text: &str, tokens: &Tokens, at: i64, count: u64) {
        let mut key = self.hasher.build_hasher();
        key.write_u64(tokens.shape);
        key.write_u8(level);
        let group = key.finish();
        let alike = self.groups.entry(group).or_default();
        let fits = |place: &u32| {
            let likeness = self.clusters[*place as usize].likeness(text, tokens)?;
            Some((likeness, *place))
        };
        // Of equally good ones the first.
        let best =
            alike.iter().filter_map(fits).max_by_key(|(likeness, place)| (*likeness, u32::MAX - *place));
        let place = match best {
            Some((_, place)) => {
                self.clusters[place as usize].absorb(text, &tokens.words);
                place as usize
            }
            None => {
                alike.push(self.clusters.len() as u32);
                self.clusters.push(Cluster::new(group, level, text, tokens));
                self.clusters.len() - 1
            }
        };
        let cluster = &mut self.clusters[place];
        cluster.total += count;
        let steps = cluster.counts.len();
        *cluster.counts.entry(at).or_default() += count;
        let new_steps = cluster.counts.len() - steps;
        self.counts += new_steps;
        if new_steps > 0 {
            self.bound(group); // a new cluster has a new step, too
        }
    }

    /// Keeps everything within its bounds after a line of this group.
    fn bound(&mut self, group: u64) {
        if self.groups.get(&group).is_some_and(|alike| alike.len() > MAX_ALIKE) {
            let (alike, others) = std::mem::take(&mut self.clusters)
                .into_iter()
                .partition::<Vec<_>, _>(|cluster| cluster.group == group);
            self.clusters = others;
            self.clusters.extend(fewer(alike));
            self.index();
        }
        if self.clusters.len() > MAX_CLUSTERS || self.counts > MAX_COUNTS {
            let half = self.clusters.len() / 2;
            self.clusters.sort_by_key(|cluster| std::cmp::Reverse(cluster.total));
            self.clusters.truncate(half.max(1));
            self.index();
        }
    }

    /// After clusters have changed their places.
    fn index(&mut self) {
        self.groups.clear();
        self.counts = 0;
        for (cluster, place) in self.clusters.iter().zip(0..) {
            self.groups.entry(cluster.group).or_default().push(place);
            self.counts += cluster.counts.len();
        }
    }

    /// Level, pattern and counts, the most frequent first.
    pub(super) fn finish(self) -> Vec<(u8, String, Counts)> {
        let mut groups: BTreeMap<u64, Vec<Cluster>> = BTreeMap::new();
        for cluster in self.clusters {
            groups.entry(cluster.group).or_default().push(cluster);
        }
        let mut merged: BTreeMap<(u8, String), (u64, Counts)> = BTreeMap::new();
        for cluster in groups.into_values().flat_map(join_names) {
            let (total, counts) = merged.entry((cluster.level, cluster.pattern())).or_default();
            *total += cluster.total;
            for (at, count) in cluster.counts {
                *counts.entry(at).or_default() += count;
            }
        }
        let mut sorted: Vec<_> = merged.into_iter().collect();
        sorted.sort_by_key(|(_, (total, _))| std::cmp::Reverse(*total)); // stable: then by level and pattern
        sorted.truncate(MAX_PATTERNS);
        sorted.into_iter().map(|((level, pattern), (_, counts))| (level, pattern, counts)).collect()
    }
}

/// Joins clusters of one shape that differ in one word only, if there are many of them.
fn join_names(mut alike: Vec<Cluster>) -> Vec<Cluster> {
    let core = alike.first().map_or(0..0, Cluster::core);
    for place in core {
        let mut at = 0;
        while alike.len() >= NAMES && at < alike.len() {
            let same = |other: &Cluster| other.agrees(&alike[at], Some(place));
            let names: AHashSet<_> =
                alike[at..].iter().filter(|other| same(other)).map(|c| c.constant(place)).collect();
            if names.len() >= NAMES {
                let first = alike.swap_remove(at);
                let (same, others) =
                    alike.into_iter().partition::<Vec<_>, _>(|other| other.agrees(&first, Some(place)));
                alike = others;
                alike.push(joined(first, same));
                at = 0;
            } else {
                at += 1;
            }
        }
    }
    alike
}

fn joined(mut first: Cluster, others: Vec<Cluster>) -> Cluster {
    others.into_iter().for_each(|other| first.merge(other));
    first
}

/// Makes clusters of one shape half as many as may be, even if that takes away more than names.
fn fewer(alike: Vec<Cluster>) -> Vec<Cluster> {
    let mut alike = join_names(alike);
    while alike.len() > MAX_ALIKE / 2 {
        let Some(place) = most_varied(&alike) else { break };
        let mut kept: Vec<Cluster> = Vec::with_capacity(alike.len());
        for mut cluster in alike {
            cluster.generalise(place);
            match kept.iter_mut().find(|known| known.agrees(&cluster, None)) {
                Some(known) => known.merge(cluster),
                None => kept.push(cluster),
            }
        }
        alike = kept;
    }
    alike
}

/// The core word that has most forms.
fn most_varied(alike: &[Cluster]) -> Option<usize> {
    let forms = |place: usize| {
        alike.iter().filter_map(|cluster| cluster.constant(place)).collect::<AHashSet<_>>().len()
    };
    let core = alike.first()?.core();
    let varied = core.map(|place| (forms(place), place)).filter(|(forms, _)| *forms > 0);
    varied.max_by_key(|(forms, place)| (*forms, usize::MAX - place)).map(|(_, place)| place)
}
