//! Leaves out row groups by Bloom filters and by the bounds of their columns.

use parquet::errors::Result;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;
use traceql::{Compare, Static, Status, Test, Value};

use super::bind::{Bound, Content};
use super::{BoundClause, BoundFilter};

impl BoundFilter {
    /// Whether a row of the group may pass. `contains` asks the Bloom filter of a column.
    pub(in crate::query::scan) fn may_pass(
        &self,
        group: &RowGroupMetaData,
        contains: &mut dyn FnMut(usize, &str) -> Result<bool>,
    ) -> Result<bool> {
        // Bounds are at hand, filters have to be read.
        if !self.0.iter().all(|clause| clause.0.iter().any(|bound| bound.within(group))) {
            return Ok(false);
        }
        for clause in &self.0 {
            if !clause.may_contain(group, contains)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl BoundClause {
    fn may_contain(
        &self,
        group: &RowGroupMetaData,
        contains: &mut dyn FnMut(usize, &str) -> Result<bool>,
    ) -> Result<bool> {
        for bound in &self.0 {
            let wanted = match &bound.test {
                Test::Compare { op: Compare::Eq, value: Static::Str(text), .. } if bound.has_filter => text,
                _ => return Ok(true),
            };
            let Some(column) = column_of(group, &bound.column) else { return Ok(true) };
            if contains(column, wanted)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn column_of(group: &RowGroupMetaData, name: &str) -> Option<usize> {
    group.columns().iter().position(|column| column.column_path().parts() == [name])
}

impl Bound {
    /// Whether the texts that are known, or the bounds of the column, leave room for a row that passes.
    fn within(&self, group: &RowGroupMetaData) -> bool {
        if let Some(texts) = &self.texts {
            return self.passes_null || texts.iter().any(|text| self.test.holds(Value::Str(text)));
        }
        let Test::Compare { op, value, .. } = &self.test else { return true };
        let Some(statistics) = column_of(group, &self.column).and_then(|at| group.column(at).statistics())
        else {
            return true;
        };
        if self.passes_null && statistics.null_count_opt() != Some(0) {
            return true;
        }
        match (&self.content, statistics) {
            (Content::Int | Content::Duration, Statistics::Int64(bounds)) => {
                let Some((&first, &last)) = bounds.min_opt().zip(bounds.max_opt()) else { return true };
                let negative = self.content == Content::Duration;
                let (first, last) = if negative { (first.max(0), last.max(0)) } else { (first, last) };
                value.value().number().is_none_or(|wanted| overlaps(first as f64, last as f64, *op, wanted))
            }
            (Content::Double, Statistics::Double(bounds)) => {
                let Some((&first, &last)) = bounds.min_opt().zip(bounds.max_opt()) else { return true };
                value.value().number().is_none_or(|wanted| overlaps(first, last, *op, wanted))
            }
            (Content::Status, Statistics::Int32(bounds)) => {
                match (op, value, bounds.min_opt(), bounds.max_opt()) {
                    (Compare::Eq, Static::Status(Status::Error), Some(first), Some(last)) => {
                        (first..=last).contains(&&2)
                    }
                    (Compare::Eq, Static::Status(Status::Ok), Some(first), Some(last)) => {
                        (first..=last).contains(&&1)
                    }
                    _ => true,
                }
            }
            _ => true,
        }
    }
}

/// Whether numbers from `first` to `last` may pass. Bounds count as included, since they may have been rounded.
fn overlaps(first: f64, last: f64, op: Compare, wanted: f64) -> bool {
    match op {
        Compare::Eq => first <= wanted && wanted <= last,
        Compare::Ne => true,
        Compare::Lt | Compare::Le => first <= wanted,
        Compare::Gt | Compare::Ge => last >= wanted,
    }
}
