//! Counters and histograms that are being counted, as Tempo's registry keeps them.
//!
//! A series that has not been there before is given a zero sample in front of its first one, so that `increase` sees
//! what it began with; one that is not counted any more for a while ends with a marker.

use std::sync::Arc;

use ahash::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use promql::{Labels, METRIC_NAME, format_number};
use protocols::prometheus::STALE;

use super::history::{Exemplar, History};

/// A metric that the generator knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Metric {
    pub name: &'static str,
    pub kind: Kind,
    pub help: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Counter,
    Histogram,
    Gauge,
}

/// One observation's trace.
pub(super) type TraceId = [u8; 16];

#[derive(Debug)]
struct Cell {
    metric: Metric,
    labels: Labels,
    /// Places of the flat series in the history: the value, or buckets, sum and count.
    places: Vec<u32>,
    values: Vec<f64>,
    bounds: Arc<[f64]>,
    /// The last observation in a trace since the last collection.
    exemplar: Option<(TraceId, f64)>,
    updated: i64,
    /// The history has no sample of it yet that goes on.
    is_new: bool,
}

/// All cells, by metric and labels.
#[derive(Debug)]
pub(super) struct Registry {
    cells: HashMap<(&'static str, Labels), Cell, RandomState>,
    active: usize,
    max_active: usize,
    pub refused: u64,
}

/// What a collection found.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub samples: Vec<(u32, f64)>,
    /// Zeros before first samples, with their time.
    pub firsts: Vec<(u32, i64)>,
    pub exemplars: Vec<Exemplar>,
}

impl Registry {
    pub(super) fn new(max_active: usize) -> Self {
        Self { cells: HashMap::default(), active: 0, max_active, refused: 0 }
    }

    pub(super) fn active(&self) -> usize {
        self.active
    }

    pub(super) fn add(&mut self, metric: Metric, labels: &Labels, by: f64, now: i64) {
        if let Some(cell) = self.cell(metric, labels, &Arc::default()) {
            cell.values[0] += by;
            cell.updated = now;
        }
    }

    pub(super) fn set(&mut self, metric: Metric, labels: &Labels, to: f64, now: i64) {
        if let Some(cell) = self.cell(metric, labels, &Arc::default()) {
            cell.values[0] = to;
            cell.updated = now;
        }
    }

    /// Counts observations, each with its trace; of the last one the trace is kept as exemplar.
    pub(super) fn observe(
        &mut self,
        metric: Metric,
        labels: &Labels,
        bounds: &Arc<[f64]>,
        observations: impl IntoIterator<Item = (f64, TraceId)>,
        now: i64,
    ) {
        let Some(cell) = self.cell(metric, labels, bounds) else { return };
        for (value, trace) in observations {
            let first = bounds.partition_point(|bound| *bound < value);
            cell.values[first..=bounds.len()].iter_mut().for_each(|count| *count += 1.0);
            cell.values[bounds.len() + 1] += value;
            cell.values[bounds.len() + 2] += 1.0;
            cell.exemplar = Some((trace, value));
        }
        cell.updated = now;
    }

    /// The cell, a new one if there is room.
    fn cell(&mut self, metric: Metric, labels: &Labels, bounds: &Arc<[f64]>) -> Option<&mut Cell> {
        match self.cells.entry((metric.name, labels.clone())) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(place) => {
                let cell = Cell::new(metric, labels, bounds);
                if self.active + cell.values.len() > self.max_active {
                    self.refused += 1;
                    return None;
                }
                self.active += cell.values.len();
                Some(place.insert(cell))
            }
        }
    }

    /// Goes on where the history stopped: `series` are its last samples.
    pub(super) fn restore(&mut self, history: &mut History, metrics: &[(Metric, Arc<[f64]>)], oldest: i64) {
        for (_, labels, time, value) in history.latest() {
            let name = labels.get(METRIC_NAME);
            let Some((metric, bounds, at)) = metrics.iter().find_map(|(metric, bounds)| {
                place_of(*metric, bounds, name, labels.get("le")).map(|at| (*metric, bounds, at))
            }) else {
                continue;
            };
            let base = labels.filtered(|name| name != METRIC_NAME && name != "le");
            if time < oldest {
                continue;
            }
            if let Some(cell) = self.cell(metric, &base, bounds) {
                cell.values[at] = value;
                cell.updated = cell.updated.max(time);
                cell.is_new = false;
            }
        }
    }

    /// The values of all series, and the end of those that were not counted since `oldest`.
    pub(super) fn collect(
        &mut self,
        history: &mut History,
        now: i64,
        interval: i64,
        oldest: i64,
        trace_label: &Arc<str>,
    ) -> Collected {
        let mut collected = Collected::default();
        for cell in self.cells.values_mut() {
            cell.settle(history);
            if cell.updated < oldest {
                collected.samples.extend(cell.places.iter().map(|place| (*place, STALE)));
                continue;
            }
            if std::mem::take(&mut cell.is_new) && cell.metric.kind != Kind::Gauge {
                collected.firsts.extend(cell.places.iter().map(|place| {
                    let after_last = history.last(*place).map_or(i64::MIN, |(last, _)| last + 1);
                    (*place, (now - interval).max(after_last).min(now - 1))
                }));
            }
            collected.samples.extend(cell.places.iter().copied().zip(cell.values.iter().copied()));
            collected.exemplars.extend(cell.take_exemplar(history, now, trace_label));
        }
        self.cells.retain(|_, cell| cell.updated >= oldest);
        self.active = self.cells.values().map(|cell| cell.values.len()).sum();
        collected.samples.sort_unstable_by_key(|(place, _)| *place);
        collected
    }
}

impl Cell {
    fn new(metric: Metric, labels: &Labels, bounds: &Arc<[f64]>) -> Self {
        let count = if metric.kind == Kind::Histogram { bounds.len() + 3 } else { 1 };
        Self {
            metric,
            labels: labels.clone(),
            places: Vec::new(),
            values: vec![0.0; count],
            bounds: Arc::clone(bounds),
            exemplar: None,
            updated: 0,
            is_new: true,
        }
    }

    /// Finds the places of the flat series. A place whose series was forgotten is found anew.
    fn settle(&mut self, history: &mut History) {
        let flat = self.flat();
        self.places = flat.iter().map(|labels| history.place(labels)).collect();
    }

    /// Labels of the series that a cell is on the outside.
    fn flat(&self) -> Vec<Labels> {
        let name = self.metric.name;
        if self.metric.kind != Kind::Histogram {
            return vec![self.labels.with(METRIC_NAME, name)];
        }
        let bucket = |bound: f64| {
            self.labels.with("le", &format_number(bound)).with(METRIC_NAME, &format!("{name}_bucket"))
        };
        let mut flat: Vec<Labels> = self.bounds.iter().copied().chain([f64::INFINITY]).map(bucket).collect();
        flat.push(self.labels.with(METRIC_NAME, &format!("{name}_sum")));
        flat.push(self.labels.with(METRIC_NAME, &format!("{name}_count")));
        flat
    }

    fn take_exemplar(&mut self, history: &History, now: i64, label: &Arc<str>) -> Option<Exemplar> {
        let (trace, value) = self.exemplar.take()?;
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        let series = history.labels(self.places[bucket])?.clone();
        Some(Exemplar { series, label: Arc::clone(label), trace_id: hex::encode(trace), value, time: now })
    }
}

/// Which value of a metric's cell a flat series is.
fn place_of(metric: Metric, bounds: &[f64], name: &str, le: &str) -> Option<usize> {
    let suffix = name.strip_prefix(metric.name)?;
    match (metric.kind, suffix) {
        (Kind::Counter, "") => Some(0),
        (Kind::Histogram, "_bucket") => {
            bounds.iter().copied().chain([f64::INFINITY]).position(|bound| format_number(bound) == le)
        }
        (Kind::Histogram, "_sum") => Some(bounds.len() + 1),
        (Kind::Histogram, "_count") => Some(bounds.len() + 2),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
