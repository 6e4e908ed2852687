//! What the generator's series were, in memory: bounded in bytes and age, read by PromQL.

use std::collections::VecDeque;
use std::sync::Arc;

use ahash::RandomState;
use hashbrown::HashMap;
use promql::{Budget, Error, Labels, METRIC_NAME, SampleSeries, Selector, Source, is_stale};

use super::chunk::{Chunk, OpenChunk, Samples};

/// Samples of a chunk: an hour at the usual distance.
const CHUNK_SAMPLES: usize = 240;
/// What a series takes besides its samples, about.
const SERIES_BYTES: usize = 512;
/// Exemplars kept over all series.
const MAX_EXEMPLARS: usize = 20_000;

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HistoryLimits {
    pub bytes: usize,
    /// Milliseconds.
    pub age: i64,
}

/// A trace that stands for others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exemplar {
    pub series: Labels,
    pub label: Arc<str>,
    pub trace_id: String,
    pub value: f64,
    pub time: i64,
}

#[derive(Debug)]
struct Stored {
    labels: Labels,
    sealed: VecDeque<Chunk>,
    open: OpenChunk,
}

/// All series.
#[derive(Debug)]
pub(crate) struct History {
    series: Vec<Option<Stored>>,
    free: Vec<u32>,
    places: HashMap<Labels, u32, RandomState>,
    sealed_bytes: usize,
    exemplars: VecDeque<Exemplar>,
    limits: HistoryLimits,
    newest: i64,
}

impl History {
    pub(crate) fn new(limits: HistoryLimits) -> Self {
        Self {
            series: Vec::new(),
            free: Vec::new(),
            places: HashMap::default(),
            sealed_bytes: 0,
            exemplars: VecDeque::new(),
            limits,
            newest: i64::MIN,
        }
    }

    /// The number of a series, a new one if need be.
    pub(super) fn place(&mut self, labels: &Labels) -> u32 {
        if let Some(place) = self.places.get(labels) {
            return *place;
        }
        let stored = Stored { labels: labels.clone(), sealed: VecDeque::new(), open: OpenChunk::default() };
        let place = match self.free.pop() {
            Some(place) => {
                self.series[place as usize] = Some(stored);
                place
            }
            None => {
                self.series.push(Some(stored));
                self.series.len() as u32 - 1
            }
        };
        self.places.insert(labels.clone(), place);
        place
    }

    pub(super) fn labels(&self, place: u32) -> Option<&Labels> {
        self.series.get(place as usize)?.as_ref().map(|stored| &stored.labels)
    }

    /// Adds a sample; one that is not newer than the last of its series is left out.
    pub(super) fn push(&mut self, place: u32, time: i64, value: f64) {
        let Some(stored) = self.series.get_mut(place as usize).and_then(Option::as_mut) else { return };
        if stored.last().is_some_and(|(last, _)| time <= last) {
            return;
        }
        stored.open.push(time, value);
        self.newest = self.newest.max(time);
        if stored.open.count >= CHUNK_SAMPLES {
            let chunk = stored.open.seal();
            self.sealed_bytes += chunk.size();
            stored.sealed.push_back(chunk);
        }
    }

    pub(super) fn push_exemplar(&mut self, exemplar: Exemplar) {
        if self.exemplars.len() >= MAX_EXEMPLARS {
            self.exemplars.pop_front();
        }
        self.exemplars.push_back(exemplar);
    }

    /// The last sample of each series that has not ended.
    pub(super) fn latest(&self) -> Vec<(u32, Labels, i64, f64)> {
        let last = |(place, stored): (usize, &Option<Stored>)| {
            let stored = stored.as_ref()?;
            let (time, value) = stored.last().filter(|(_, value)| !is_stale(*value))?;
            Some((place as u32, stored.labels.clone(), time, value))
        };
        self.series.iter().enumerate().filter_map(last).collect()
    }

    pub(super) fn last(&self, place: u32) -> Option<(i64, f64)> {
        self.series.get(place as usize)?.as_ref()?.last()
    }

    pub(crate) fn series_count(&self) -> usize {
        self.places.len()
    }

    /// Bytes in use, about.
    pub(crate) fn bytes(&self) -> usize {
        let open: usize = self.series.iter().flatten().map(|stored| stored.open.size()).sum();
        self.sealed_bytes + open + self.places.len() * SERIES_BYTES
    }

    /// Forgets what is too old, then the oldest until the rest fits.
    pub(super) fn sweep(&mut self) {
        let mut oldest = self.newest.saturating_sub(self.limits.age);
        self.forget_before(oldest);
        while self.bytes() > self.limits.bytes && oldest < self.newest {
            oldest += (self.newest - oldest) / 8 + 1;
            self.forget_before(oldest);
        }
    }

    fn forget_before(&mut self, oldest: i64) {
        for (place, slot) in self.series.iter_mut().enumerate() {
            let Some(stored) = slot else { continue };
            while let Some(chunk) = stored.sealed.front().filter(|chunk| chunk.last < oldest) {
                self.sealed_bytes -= chunk.size();
                stored.sealed.pop_front();
            }
            if stored.last().is_some_and(|(last, _)| last < oldest) {
                self.places.remove(&stored.labels);
                self.free.push(place as u32);
                *slot = None;
            }
        }
        while self.exemplars.front().is_some_and(|exemplar| exemplar.time < oldest) {
            self.exemplars.pop_front();
        }
    }

    /// Labels of the series that meet one of `selectors`, or all, with samples between two times.
    pub(crate) fn labels_between(&self, selectors: &[Selector], from: i64, to: i64) -> Vec<Labels> {
        let mut found: Vec<Labels> = self
            .series
            .iter()
            .flatten()
            .filter(|stored| stored.overlaps(from, to))
            .filter(|stored| selectors.is_empty() || selectors.iter().any(|one| one.matches(&stored.labels)))
            .map(|stored| stored.labels.clone())
            .collect();
        found.sort();
        found
    }

    pub(crate) fn exemplars_between(&self, selectors: &[Selector], from: i64, to: i64) -> Vec<Exemplar> {
        let wanted = |exemplar: &&Exemplar| {
            (from..=to).contains(&exemplar.time) && selectors.iter().any(|one| one.matches(&exemplar.series))
        };
        self.exemplars.iter().filter(wanted).cloned().collect()
    }
}

impl Stored {
    fn last(&self) -> Option<(i64, f64)> {
        self.open.last().or_else(|| self.sealed.back().and_then(|chunk| chunk.samples().last()))
    }

    fn first(&self) -> Option<i64> {
        self.sealed.front().map(|chunk| chunk.first).or_else(|| self.open.first())
    }

    fn overlaps(&self, from: i64, to: i64) -> bool {
        self.first().is_some_and(|first| first <= to) && self.last().is_some_and(|(last, _)| last >= from)
    }

    fn read(&self, from: i64, to: i64, budget: &mut Budget) -> Result<SampleSeries, Error> {
        let mut series = SampleSeries { labels: self.labels.clone(), ..SampleSeries::default() };
        let mut take = |samples: Samples<'_>| {
            for (time, value) in
                samples.skip_while(|(time, _)| *time < from).take_while(|(time, _)| *time <= to)
            {
                series.times.push(time);
                series.values.push(value);
            }
        };
        for chunk in self.sealed.iter().filter(|chunk| chunk.first <= to && chunk.last >= from) {
            budget.spend(CHUNK_SAMPLES)?;
            take(chunk.samples());
        }
        budget.spend(self.open.count)?;
        take(self.open.samples());
        Ok(series)
    }
}

impl Source for History {
    fn select(
        &self,
        selector: &Selector,
        from: i64,
        to: i64,
        budget: &mut Budget,
    ) -> Result<Vec<SampleSeries>, Error> {
        let mut found = Vec::new();
        let name = selector.metric_name();
        for stored in self.series.iter().flatten() {
            let named = name.is_none_or(|name| name == stored.labels.get(METRIC_NAME));
            if !named || !stored.overlaps(from, to) || !selector.matches(&stored.labels) {
                continue;
            }
            let series = stored.read(from, to, budget)?;
            if !series.times.is_empty() {
                found.push(series);
            }
        }
        found.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let mut history = History::new(HistoryLimits { bytes: 20_000, age: 1 << 40 });
        let names = ["a", "b", "c"].map(|name| Labels::new([(METRIC_NAME, name)]));
        for at in 0..20_000i64 {
            for (number, labels) in names.iter().enumerate() {
                let place = history.place(labels);
                history.push(place, at * 1000, (at * number as i64) as f64 + 0.1);
            }
            if at % 500 == 0 {
                history.sweep();
                assert!(history.bytes() <= 20_000, "{}", history.bytes());
            }
        }
        assert_eq!(history.series_count(), 3);
        let selector = promql::selectors("a").unwrap();
        assert_eq!(history.labels_between(&selector, i64::MIN, i64::MAX), [names[0].clone()]);
        assert_eq!(history.last(history.places[&names[1]]), Some((19_999_000, 19_999.1)));
    }

    #[test]
    fn series_without_samples_are_forgotten() {
        let mut history = History::new(HistoryLimits { bytes: 1 << 20, age: 1000 });
        let (old, new) = (Labels::new([("a", "1")]), Labels::new([("a", "2")]));
        let place = history.place(&old);
        history.push(place, 0, 1.0);
        let place = history.place(&new);
        history.push(place, 5000, 1.0);
        history.sweep();
        assert_eq!(history.labels_between(&[], i64::MIN, i64::MAX), [new]);
        assert_eq!(history.place(&Labels::new([("a", "3")])), 0);
    }
}
