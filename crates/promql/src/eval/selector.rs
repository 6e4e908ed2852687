//! Instant selectors: the last sample before each step, unless it is old or its series has ended.

use std::time::{Duration, UNIX_EPOCH};

use promql_parser::parser::{AtModifier, Offset, VectorSelector};

use super::{ABSENT, Evaluator, Series, Steps};
use crate::{Dialect, Error, SampleSeries, Selector, is_stale};

/// What of a sample is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    Values,
    /// In seconds.
    Times,
}

/// Where the times of a selector lie for each step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reference {
    fixed: Option<i64>,
    offset: i64,
}

impl Reference {
    pub(super) fn new(at: Option<&AtModifier>, offset: Option<&Offset>, (start, end): (i64, i64)) -> Self {
        let fixed = at.map(|at| match at {
            AtModifier::Start => start,
            AtModifier::End => end,
            AtModifier::At(time) => match time.duration_since(UNIX_EPOCH) {
                Ok(after) => millis(after),
                Err(before) => -millis(before.duration()),
            },
        });
        let offset = match offset {
            None => 0,
            Some(Offset::Pos(by)) => millis(*by),
            Some(Offset::Neg(by)) => -millis(*by),
        };
        Self { fixed, offset }
    }

    pub(super) fn at(&self, step_time: i64) -> i64 {
        self.fixed.unwrap_or(step_time).saturating_sub(self.offset)
    }
}

/// Bounded, so that sums of a few of them never overflow.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 16)
}

impl Evaluator<'_> {
    pub(crate) fn instant_vector(
        &mut self,
        selector: &VectorSelector,
        steps: Steps,
        take: Take,
    ) -> Result<Vec<Series>, Error> {
        let reference = Reference::new(selector.at.as_ref(), selector.offset.as_ref(), self.query_ends);
        let lookback = millis(self.limits.lookback);
        let (first, last) = (reference.at(steps.start), reference.at(steps.last()));
        let selected = Selector::new(selector);
        let list = self.source.select(&selected, first.saturating_sub(lookback), last, &mut self.budget)?;
        self.budget.spend(list.len().saturating_mul(steps.count))?;
        let oldest = |at: i64| match self.limits.dialect {
            Dialect::Two => at.saturating_sub(lookback),
            Dialect::Three => at.saturating_sub(lookback).saturating_add(1),
        };
        let series = |samples: SampleSeries| {
            let mut cursor = 0;
            let value = |step| {
                let at = reference.at(steps.at(step));
                cursor += samples.times[cursor..].partition_point(|time| *time <= at);
                let Some(found) = cursor.checked_sub(1) else { return ABSENT };
                let (time, value) = (samples.times[found], samples.values[found]);
                match take {
                    _ if time < oldest(at) || is_stale(value) => ABSENT,
                    Take::Values => value,
                    Take::Times => time as f64 / 1000.0,
                }
            };
            let values = (0..steps.count).map(value).collect();
            Series { labels: samples.labels, values }
        };
        Ok(list.into_iter().map(series).filter(|series| !series.is_empty()).collect())
    }
}
