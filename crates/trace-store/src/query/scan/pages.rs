//! Which pages of a row group may have rows of some traces: rows are in the order of their traces, and the page index
//! has the first and last trace of each page.

use parquet::arrow::arrow_reader::RowSelection;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;

use super::TraceIds;

/// The rows of `groups`, one group after the other, that lie in pages which may have one of the traces. `column` is that
/// of trace ids.
pub(super) fn rows_of(
    metadata: &ParquetMetaData,
    groups: &[usize],
    column: usize,
    ids: &TraceIds,
) -> RowSelection {
    let mut ranges = Vec::new();
    let mut before = 0;
    for &group in groups {
        let rows = usize::try_from(metadata.row_group(group).num_rows()).unwrap_or_default();
        let pages = metadata.page_index_for_row_group(group);
        let bounds = pages.column_index(column).zip(pages.offset_index(column));
        match bounds {
            Some((ColumnIndexMetaData::FIXED_LEN_BYTE_ARRAY(bounds), offsets)) => {
                let locations = offsets.page_locations();
                let start = |page: usize| {
                    let first = locations.get(page).map(|location| location.first_row_index);
                    first.and_then(|first| usize::try_from(first).ok()).unwrap_or(rows)
                };
                for page in 0..locations.len() {
                    let limits = bounds.min_value(page).zip(bounds.max_value(page));
                    if limits.is_none_or(|(first, last)| !ids.between(first, last).is_empty()) {
                        ranges.push(before + start(page)..before + start(page + 1));
                    }
                }
            }
            _ => ranges.push(before..before + rows),
        }
        before += rows;
    }
    RowSelection::from_consecutive_ranges(ranges.into_iter(), before)
}
