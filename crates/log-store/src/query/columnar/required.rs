//! Leaving out rows by values that they must have, before anything else of them is read.

use segment::{Error, SegmentReader};

use super::layout::Layout;
use super::pass::{self, Piece};
use crate::columns::{Kind, Sought, ValueColumn};
use crate::query::budget::QueryError;
use crate::query::sources::SegmentRows;

/// When more than one row of so many is left, reading the others as well costs less than leaving them out.
const WORTHWHILE: usize = 8;

/// The pieces without streams whose numbers all lie elsewhere.
pub(super) fn within_bounds(layout: &Layout, source: &SegmentRows, mut pieces: Vec<Piece>) -> Vec<Piece> {
    let index = &source.index;
    // Where something went wrong with a row, conditions on numbers let it pass.
    if layout.shapes.iter().any(Option::is_none) || (layout.fields > 0 && index.whole_lines > 0) {
        return pieces;
    }
    for (at, low, high) in &layout.bounds {
        let column = &layout.columns[*at];
        let notes = if *at < layout.fields { &index.fields } else { &index.metadata };
        let note = notes.iter().find(|note| note.name == column.field);
        let Some(zones) = note.and_then(|note| note.zones.as_ref()) else { continue };
        let unit = match column.kind {
            Kind::Decimal { scale, .. } => 10f64.powi(i32::from(scale)),
            _ => 1.0,
        };
        pieces.retain(|piece| {
            let stream = &source.streams[piece.stream];
            let place = index.streams.partition_point(|entry| entry.first_row < stream.first_row);
            zones.may_have(place, unit, (*low, *high)) || stream.stream.labels.get(&column.label).is_some()
        });
    }
    pieces
}

/// The pieces without rows that have another value than is required.
pub(super) fn narrowed(
    layout: &Layout,
    source: &SegmentRows,
    reader: &SegmentReader,
    pieces: Vec<Piece>,
) -> Result<Vec<Piece>, QueryError> {
    let sought: Vec<(usize, Sought)> = layout
        .required
        .iter()
        .map(|required| (required.column, Sought::new(&required.value, layout.columns[required.column].kind)))
        .collect();
    // A label of the stream comes before all others of its name.
    let is_own = |piece: &Piece| {
        let labels = &source.streams[piece.stream].stream.labels;
        layout.required.iter().any(|required| labels.get(&layout.columns[required.column].label).is_some())
    };
    let (mut kept, open): (Vec<Piece>, Vec<Piece>) = pieces.iter().map(Clone::clone).partition(is_own);
    let columns: Vec<String> =
        sought.iter().map(|(column, _)| layout.columns[*column].name.clone()).collect();
    let (mut marks, mut both) = (Vec::new(), Vec::new());
    pass::read(reader.clone(), columns, &open, |batch, runs| {
        both.clear();
        both.resize(batch.num_rows(), true);
        for (at, sought) in &sought {
            let column = &layout.columns[*at];
            let values = ValueColumn::of(batch, &column.name, column.kind).map_err(Error::from)?;
            // Whole lines have fields, too, which are not in columns.
            let without = *at < layout.fields && source.index.whole_lines > 0;
            sought.mark(&values, without, &mut marks);
            both.iter_mut().zip(&marks).for_each(|(both, mark)| *both &= mark);
        }
        if !both.contains(&true) {
            return Ok(());
        }
        for run in runs {
            for at in run.at.clone().filter(|at| both[*at]) {
                let row = run.row + at - run.at.start;
                match kept.last_mut() {
                    Some(piece) if piece.stream == run.stream && piece.rows.end == row => piece.rows.end += 1,
                    _ => kept.push(Piece { stream: run.stream, rows: row..row + 1 }),
                }
            }
        }
        Ok(())
    })?;
    let rows = |pieces: &[Piece]| pieces.iter().map(|piece| piece.rows.len()).sum::<usize>();
    if rows(&kept) > rows(&pieces) / WORTHWHILE {
        return Ok(pieces);
    }
    kept.sort_unstable_by_key(|piece| piece.rows.start);
    Ok(kept)
}
