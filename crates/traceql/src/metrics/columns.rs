//! Counting over columns: filters narrow the rows column by column, groups are found once per code, and times become
//! intervals in one go. The answer is that of [`Metrics::add_rows`].

use ahash::AHashMap;

use super::accumulate::Sample;
use super::axis::NO_INTERVAL;
use super::part::Part;
use super::{Leaf, Metrics};
use crate::data::{Column, ColumnSpans, Spans};
use crate::eval::{Context, EvalError, Sets, Step};
use crate::field::{Field, Intrinsic};
use crate::syntax::MetricFunction;
use crate::value::Value;

/// Combinations of codes that are told apart by a table.
const MAX_SLOTS: usize = 1 << 16;
/// Rows offered as exemplars for each that an answer has: some may be of one trace.
const OFFERS: usize = 2;
const NO_GROUP: u32 = u32::MAX;

/// A row that would do as an exemplar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    pub row: usize,
    /// Of offers with the same number, [`Metrics::offers_per_slot`] are enough.
    pub slot: usize,
}

impl Metrics {
    /// Whether [`Self::add_columns`] can answer.
    pub fn is_columnar(&self) -> bool {
        !self.needs_traces() && !self.extrapolates
    }

    /// Whether exemplars are wanted at all.
    pub fn wants_exemplars(&self) -> bool {
        self.exemplars > 0 && !self.axis.is_instant()
    }

    /// How many of the rows that are offered for one slot are worth reading.
    pub fn offers_per_slot(&self) -> usize {
        (OFFERS * self.exemplars).div_ceil(self.slots()).max(1)
    }

    /// Shares of the time, for each of which some exemplars are enough.
    fn slots(&self) -> usize {
        self.axis.intervals().min(self.exemplars).max(1)
    }

    /// Adds rows. What is offered as exemplars is to be handed to [`Self::add_exemplars`], with ids.
    pub fn add_columns<T: ColumnSpans + ?Sized>(
        &self,
        part: &mut Part,
        rows: &T,
    ) -> Result<Vec<Offer>, EvalError> {
        let context = Context::of_rows(&self.plan, rows);
        let intervals = self.axis.intervals_of(rows.starts());
        let mut offers = Vec::new();
        for (at, leaf) in self.leaves.iter().enumerate() {
            let [Step::Sets(Sets::Filter(code, _))] = &leaf.steps[..] else { continue };
            let mut met: Vec<bool> = intervals.iter().map(|interval| *interval != NO_INTERVAL).collect();
            context.narrow(code, &mut met);
            if met.contains(&true) {
                let rows = Rows { context: &context, met: &met, intervals: &intervals };
                rows.add(self, part, at, leaf)?;
                if self.wants_exemplars() {
                    rows.offer(self, part, at, leaf, &mut offers);
                }
            }
        }
        Ok(offers)
    }

    /// Adds rows as exemplars only.
    pub fn add_exemplars<T: Spans + ?Sized>(
        &self,
        part: &mut Part,
        rows: &T,
        which: impl Iterator<Item = usize>,
    ) {
        let context = Context::of_rows(&self.plan, rows);
        for row in which.filter(|row| self.axis.interval(rows.start(*row)).is_some()) {
            for (at, leaf) in self.leaves.iter().enumerate() {
                let [Step::Sets(Sets::Filter(code, _))] = &leaf.steps[..] else { continue };
                if code.holds(&context, row) {
                    part.add_exemplar(self, at, &context, row);
                }
            }
        }
    }

    /// Whether every span counts, in one series: then it is enough to say how many there are.
    pub fn counts_everything(&self) -> bool {
        let counts = |leaf: &Leaf| {
            let all = match &leaf.steps[..] {
                [Step::Sets(Sets::Filter(code, _))] => code.is_always_true(),
                _ => false,
            };
            all && leaf.by.is_empty() && leaf.counts_spans()
        };
        self.is_columnar() && !self.wants_exemplars() && self.leaves.iter().all(counts)
    }

    /// For a query that [`Self::counts_everything`], adds `count` spans that start from `first` to `last`. False if these
    /// times are not of one interval.
    pub fn add_count(&self, part: &mut Part, (first, last): (i64, i64), count: u64) -> bool {
        let ends = self.axis.interval(first).zip(self.axis.interval(last));
        let Some((interval, _)) = ends.filter(|(first, last)| first == last) else { return false };
        if count > 0 {
            (0..self.leaves.len()).for_each(|at| part.add_spans(self, at, interval, count));
        }
        true
    }
}

/// Rows of one filter.
struct Rows<'a, T: ?Sized> {
    context: &'a Context<'a, T>,
    met: &'a [bool],
    intervals: &'a [u32],
}

impl<T: ColumnSpans + ?Sized> Rows<'_, T> {
    fn which(&self) -> impl Iterator<Item = (usize, usize)> {
        let rows = self.met.iter().zip(self.intervals).enumerate();
        rows.filter(|(_, (met, _))| **met).map(|(row, (_, interval))| (row, *interval as usize))
    }

    fn add(&self, query: &Metrics, part: &mut Part, at: usize, leaf: &Leaf) -> Result<(), EvalError> {
        let mut groups = Groups::new(self.context, &leaf.by);
        let intervals = query.axis.intervals();
        if leaf.counts_spans() && groups.slots() * intervals <= self.met.len().max(1024) {
            return self.count(query, part, at, &mut groups);
        }
        let durations = match leaf.value {
            Some(field) if self.sees_every_duration(field) => Some(self.context.spans.durations()),
            _ => None,
        };
        for (row, interval) in self.which() {
            let value = match (durations, leaf.value) {
                (Some(durations), _) => Value::Duration(durations[row]),
                (None, Some(field)) => self.context.seen(field, row),
                (None, None) => Value::Nil,
            };
            let Some(sample) = leaf.sample(value) else { continue };
            let group = groups.of(query, part, at, self.context, row)?;
            part.values(at, group).add(sample, 1.0, interval, intervals);
        }
        Ok(())
    }

    fn sees_every_duration(&self, field: usize) -> bool {
        self.context.plan.fields[field] == Field::Intrinsic(Intrinsic::Duration)
            && self.context.plan.views[field].all
    }

    /// Counts into a table, which is added up at the end.
    fn count(
        &self,
        query: &Metrics,
        part: &mut Part,
        at: usize,
        groups: &mut Groups<'_>,
    ) -> Result<(), EvalError> {
        let intervals = query.axis.intervals();
        let mut table = vec![0u32; groups.slots() * intervals];
        match groups.codes.as_slice() {
            None => self.which().for_each(|(_, interval)| table[interval] += 1),
            Some(codes) => {
                self.which()
                    .for_each(|(row, interval)| table[codes[row] as usize * intervals + interval] += 1);
            }
        }
        let is_counted: Vec<bool> =
            table.chunks(intervals).map(|counts| counts.iter().any(|count| *count > 0)).collect();
        let mut open = is_counted.iter().filter(|counted| **counted).count();
        let mut rows = self.which();
        while let (true, Some((row, _))) = (open > 0, rows.next()) {
            if groups.known(groups.slot(row)).is_none() {
                groups.of(query, part, at, self.context, row)?;
                open -= 1;
            }
        }
        for (slot, counts) in table.chunks(intervals).enumerate() {
            let Some(group) = groups.known(slot) else { continue };
            let values = part.values(at, group);
            for (interval, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                values.add(Sample::One, f64::from(*count), interval, intervals);
            }
        }
        Ok(())
    }

    fn offer(&self, query: &Metrics, part: &mut Part, at: usize, leaf: &Leaf, offers: &mut Vec<Offer>) {
        let (slots, enough) = (query.slots(), query.offers_per_slot());
        let intervals = query.axis.intervals();
        let offered = part.offered(at, slots);
        let mut open = offered.iter().filter(|offered| (**offered as usize) < enough).count();
        for (row, interval) in self.which() {
            if open == 0 {
                return;
            }
            let slot = interval * slots / intervals;
            if offered[slot] as usize >= enough {
                continue;
            }
            let value = leaf.value.map_or(Value::Nil, |field| self.context.seen(field, row));
            if leaf.sample(value).is_some() {
                offered[slot] += 1;
                open -= usize::from(offered[slot] as usize == enough);
                offers.push(Offer { row, slot: at * slots + slot });
            }
        }
    }
}

impl Leaf {
    fn counts_spans(&self) -> bool {
        matches!(self.function, MetricFunction::Rate | MetricFunction::CountOverTime)
    }
}

/// Which group a row belongs to, found once per combination of codes.
struct Groups<'a> {
    codes: Codes<'a>,
    found: Vec<u32>,
}

enum Codes<'a> {
    /// All rows are of one group.
    One,
    Borrowed(&'a [u32]),
    Combined(Vec<u32>),
    /// Every row is asked.
    Unknown,
}

impl<'a> Groups<'a> {
    fn new<T: ColumnSpans + ?Sized>(context: &'a Context<'_, T>, by: &[usize]) -> Self {
        let (mut codes, mut count) = (Codes::One, 1);
        for field in by {
            let (own, own_count) = match context.column_of(*field) {
                Column::Same => continue,
                Column::Codes { codes, count } => (Codes::Borrowed(codes), count),
                Column::Ints { values, valid } => match numbered(values, valid) {
                    Some((codes, count)) => (Codes::Combined(codes), count),
                    None => return Self { codes: Codes::Unknown, found: Vec::new() },
                },
                Column::Mixed => return Self { codes: Codes::Unknown, found: Vec::new() },
            };
            let (Some(known), Some(new)) = (codes.as_slice(), own.as_slice()) else {
                (codes, count) = (own, own_count);
                continue;
            };
            if count * own_count > MAX_SLOTS {
                return Self { codes: Codes::Unknown, found: Vec::new() };
            }
            let combined = known.iter().zip(new).map(|(a, b)| a * own_count as u32 + b);
            (codes, count) = (Codes::Combined(combined.collect()), count * own_count);
        }
        Self { codes, found: vec![NO_GROUP; count] }
    }

    /// How many combinations of codes there are.
    fn slots(&self) -> usize {
        if matches!(self.codes, Codes::Unknown) { usize::MAX >> 32 } else { self.found.len() }
    }

    #[inline]
    fn slot(&self, row: usize) -> usize {
        self.codes.as_slice().map_or(0, |codes| codes[row] as usize)
    }

    #[inline]
    fn known(&self, slot: usize) -> Option<usize> {
        let group = self.found.get(slot).copied().filter(|group| *group != NO_GROUP)?;
        Some(group as usize)
    }

    /// The group of a row.
    #[inline]
    fn of<T: ColumnSpans + ?Sized>(
        &mut self,
        query: &Metrics,
        part: &mut Part,
        at: usize,
        context: &Context<'_, T>,
        row: usize,
    ) -> Result<usize, EvalError> {
        if matches!(self.codes, Codes::Unknown) {
            return part.group(query, at, context, row);
        }
        let slot = self.slot(row);
        if let Some(known) = self.known(slot) {
            return Ok(known);
        }
        let group = part.group(query, at, context, row)?;
        self.found[slot] = group as u32;
        Ok(group)
    }
}

impl Codes<'_> {
    #[inline]
    fn as_slice(&self) -> Option<&[u32]> {
        match self {
            Self::Borrowed(codes) => Some(codes),
            Self::Combined(codes) => Some(codes),
            Self::One | Self::Unknown => None,
        }
    }
}

/// Numbers the different values; none if they are too many.
fn numbered(values: &[i64], valid: Option<&[bool]>) -> Option<(Vec<u32>, usize)> {
    let mut known: AHashMap<Option<i64>, u32> = AHashMap::new();
    let mut codes = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let next = known.len() as u32;
        let value = valid.is_none_or(|valid| valid[at]).then_some(*value);
        codes.push(*known.entry(value).or_insert(next));
        if known.len() > MAX_SLOTS {
            return None;
        }
    }
    Some((codes, known.len()))
}
