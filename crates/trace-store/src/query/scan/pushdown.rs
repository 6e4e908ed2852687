//! Conditions of a query, decided on footers, Bloom filters, statistics and dictionaries before rows are put together.
//!
//! For each segment the conditions are *bound* to its columns ([`bind`]). What cannot be decided by a column — values in
//! the list of rare attributes, events, links — counts as met. So what is left out would not have been selected by any
//! filter of the query, and what remains is for the query itself to judge.

mod bind;
mod groups;
mod mask;

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderMetadata};
use traceql::{Field, SpanConditions};

use self::bind::{Bound, bind};

/// What rows a query is about: those that pass one of its filters.
#[derive(Debug, Clone)]
pub(crate) struct Pushdown {
    /// The fields that conditions name by their index.
    pub fields: Arc<[Field]>,
    pub filters: Arc<[SpanConditions]>,
}

impl Pushdown {
    /// `None` if rows that pass no filter matter, too.
    pub(crate) fn of(query: &traceql::Query) -> Option<Self> {
        Self::of_conditions(query.conditions(), query.fields())
    }

    /// The same for conditions on some fields.
    pub(crate) fn of_conditions(conditions: &traceql::Conditions, fields: &[Field]) -> Option<Self> {
        if conditions.trace.holds(0) || conditions.filters.len() >= traceql::MAX_FILTERS {
            return None;
        }
        Some(Self { fields: fields.into(), filters: conditions.filters.as_slice().into() })
    }

    /// The way through a segment.
    pub(crate) fn through(&self, footer: &ArrowReaderMetadata) -> Way {
        bind(self, footer)
    }
}

/// What a segment's columns can decide.
#[derive(Debug)]
pub(crate) enum Way {
    /// No row passes.
    Nothing,
    /// All rows have to be looked at.
    Everything,
    /// Rows that one of these filters may let pass.
    Some(Arc<[BoundFilter]>),
}

/// Clauses that must all hold.
#[derive(Debug)]
pub(crate) struct BoundFilter(Vec<BoundClause>);

/// Alternatives of which one must.
#[derive(Debug)]
struct BoundClause(Vec<Bound>);

/// A predicate for Parquet's reader that lets through what passes one of the filters.
pub(super) fn predicate(
    filters: &Arc<[BoundFilter]>,
    footer: &ArrowReaderMetadata,
) -> ArrowPredicateFn<impl FnMut(RecordBatch) -> Result<BooleanArray, arrow::error::ArrowError> + use<>> {
    let mut columns: Vec<&str> = filters.iter().flat_map(|filter| filter.columns()).collect();
    columns.sort_unstable();
    columns.dedup();
    let schema = footer.parquet_schema();
    let roots = schema.root_schema().get_fields().iter().enumerate();
    let wanted = roots.filter(|(_, field)| columns.contains(&field.name())).map(|(at, _)| at);
    let mask = ProjectionMask::roots(schema, wanted);
    let filters = Arc::clone(filters);
    ArrowPredicateFn::new(mask, move |records: RecordBatch| {
        let mut passing = vec![false; records.num_rows()];
        for filter in filters.iter() {
            let met = filter.mask(&records)?;
            passing.iter_mut().zip(met).for_each(|(passing, met)| *passing |= met);
        }
        Ok(BooleanArray::from(passing))
    })
}

impl BoundFilter {
    fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|clause| &clause.0).map(|bound| bound.column.as_str())
    }

    fn mask(&self, records: &RecordBatch) -> Result<Vec<bool>, arrow::error::ArrowError> {
        let mut passing = vec![true; records.num_rows()];
        for clause in &self.0 {
            let mut met = vec![false; records.num_rows()];
            for bound in &clause.0 {
                bound.add_to(&mut met, records)?;
            }
            passing.iter_mut().zip(met).for_each(|(passing, met)| *passing &= met);
        }
        Ok(passing)
    }
}

#[cfg(test)]
mod tests;
