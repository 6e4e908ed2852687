//! How a segment is gone through for a query: by which columns, or row by row.

use arrow::array::{AsArray as _, RecordBatch};
use logql::CompiledFilter;
use segment::SegmentReader;

use super::filter::{ColumnFilter, Decision, FilterRows, HitCache, columns_of, decide};
use super::keys::{BatchKeys, Numbers, RowTemplates};
use super::layout::Layout;
use super::pass::{self, Piece, pieces};
use super::required::{narrowed, within_bounds};
use crate::columns::{FIELD_PREFIX, SegmentIndex, names};
use crate::query::budget::QueryError;
use crate::query::sources::SegmentRows;

/// The line filters of a query in one segment.
#[derive(Debug)]
pub(super) enum Filtered<'f> {
    /// No row passes.
    Nothing,
    /// Rows that pass these.
    Columns(Vec<ColumnFilter<'f>>),
    /// Whole lines have to be looked at.
    Lines,
}

impl<'f> Filtered<'f> {
    pub(super) fn new(filters: impl Iterator<Item = &'f CompiledFilter>, index: &SegmentIndex) -> Self {
        let mut by_columns = Vec::new();
        let mut by_lines = false;
        for filter in filters {
            match decide(filter, index) {
                Decision::None => return Self::Nothing,
                Decision::All => {}
                Decision::Columns(filter) => by_columns.push(filter),
                Decision::Lines => by_lines = true,
            }
        }
        if by_lines { Self::Lines } else { Self::Columns(by_columns) }
    }
}

/// A batch, ready to be gone through row by row.
pub(super) struct View<'b> {
    pub times: &'b [i64],
    passing: Option<Vec<bool>>,
    pub keys: BatchKeys<'b>,
}

impl View<'_> {
    /// Whether a row passes the line filters.
    #[inline]
    pub(super) fn passes(&self, row: usize) -> bool {
        self.passing.as_ref().is_none_or(|passing| passing[row])
    }

    /// Whether all rows do, since there are no filters.
    pub(super) fn all_pass(&self) -> bool {
        self.passing.is_none()
    }
}

/// A way through a segment by its columns.
#[derive(Debug)]
pub(super) struct Way<'f> {
    pub filters: Vec<ColumnFilter<'f>>,
    pub layout: Layout,
    reads_templates: bool,
    reads_lines: bool,
}

impl<'f> Way<'f> {
    pub(super) fn new(filters: Vec<ColumnFilter<'f>>, layout: Layout, index: &SegmentIndex) -> Self {
        let is_mixed = index.templates.len() > 1 || (index.whole_lines > 0 && !index.templates.is_empty());
        let by_shape = layout.whole.is_none();
        let reads_templates = is_mixed && (by_shape || !filters.is_empty());
        let reads_lines = index.whole_lines > 0 && !filters.is_empty();
        Self { filters, layout, reads_templates, reads_lines }
    }

    /// The columns to be read.
    pub(super) fn columns(&self, index: &SegmentIndex) -> Vec<String> {
        let mut columns = vec![names::TIMESTAMP.to_owned()];
        if self.reads_templates {
            columns.push(names::TEMPLATE.to_owned());
        }
        if self.reads_lines {
            columns.push(names::LINE.to_owned());
        }
        if self.layout.has_metadata() {
            columns.push(names::METADATA_NAMES.to_owned());
        }
        columns.extend(self.layout.columns.iter().map(|column| column.name.clone()));
        let fields = self.filters.iter().flat_map(|filter| &filter.fields);
        columns.extend(fields.map(|at| index.fields[*at].column(FIELD_PREFIX)));
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The rows to be read: those of the streams, in row groups that may have a hit.
    pub(super) fn pieces(
        &self,
        source: &SegmentRows,
        reader: &SegmentReader,
    ) -> Result<Vec<Piece>, QueryError> {
        let mut groups: Option<Vec<bool>> = None;
        for filter in &self.filters {
            if let Some(hits) = filter.row_groups(reader, &source.index)? {
                groups = Some(match groups {
                    Some(known) => known.iter().zip(&hits).map(|(known, hit)| *known && *hit).collect(),
                    None => hits,
                });
            }
        }
        let pieces = within_bounds(&self.layout, source, pieces(source, reader, groups.as_deref()));
        if self.layout.required.is_empty() {
            return Ok(pieces);
        }
        narrowed(&self.layout, source, reader, pieces)
    }

    /// All that is to be known of a batch.
    pub(super) fn view<'b>(
        &'b self,
        batch: &'b RecordBatch,
        index: &SegmentIndex,
        cache: &mut HitCache,
        numbers: &mut Numbers,
    ) -> Result<View<'b>, QueryError> {
        Ok(View {
            times: pass::times(batch)?,
            passing: self.passing(batch, index, cache)?,
            keys: BatchKeys::new(batch, index, &self.layout, self.reads_templates, numbers)?,
        })
    }

    /// The rows of a batch that pass the filters; `None` if there are none to pass.
    fn passing(
        &self,
        batch: &RecordBatch,
        index: &SegmentIndex,
        cache: &mut HitCache,
    ) -> Result<Option<Vec<bool>>, QueryError> {
        if self.filters.is_empty() {
            return Ok(None);
        }
        let templates = if self.reads_templates {
            let templates = RowTemplates::new(batch, index)?;
            Some((0..batch.num_rows()).map(|row| templates.of(row)).collect())
        } else if index.templates.is_empty() {
            Some(vec![None; batch.num_rows()])
        } else {
            None
        };
        let lines = batch.column_by_name(names::LINE).and_then(|column| column.as_string_opt());
        let mut passes = vec![true; batch.num_rows()];
        let mut rows = FilterRows { templates, lines, columns: Vec::new() };
        for filter in &self.filters {
            rows.columns = columns_of(batch, index, filter)?;
            filter.apply(&rows, cache, &mut passes);
        }
        Ok(Some(passes))
    }
}
