//! Line filters on columns.
//!
//! What a filter finds lies within one value or within what the template says literally, if it has none of the bytes that
//! stand next to values. Then values are searched instead of lines: each text of a dictionary once, numbers and
//! identifiers only if they could look like that, and not at all where statistics or a Bloom filter exclude it.

use std::rc::Rc;

use arrow::array::{Array as _, RecordBatch, StringArray};
use logql::{ByteSet, CompiledFilter};
use segment::{Error, SegmentReader};

use crate::columns::{FIELD_PREFIX, FieldNote, Kind, SegmentIndex, TimeForm, ValueColumn, names, unhex};

/// How a filter is decided in a segment.
#[derive(Debug)]
pub(super) enum Decision<'f> {
    /// No row passes.
    None,
    /// Every row passes.
    All,
    /// By columns.
    Columns(ColumnFilter<'f>),
    /// Only whole lines tell.
    Lines,
}

/// A filter on the columns of one segment.
#[derive(Debug)]
pub(super) struct ColumnFilter<'f> {
    filter: &'f CompiledFilter,
    /// The fields that may have a hit, by their place in the index.
    pub fields: Vec<usize>,
    /// For each template, whether it has a hit in what it says literally.
    literal: Vec<bool>,
}

/// Decides how `filter` is to be decided.
pub(super) fn decide<'f>(filter: &'f CompiledFilter, index: &SegmentIndex) -> Decision<'f> {
    let Some(alphabet) = filter.alphabet() else { return Decision::Lines };
    if index.templates.iter().any(|(_, template)| template.edges().intersects(&alphabet)) {
        return Decision::Lines;
    }
    let needles = filter.needles();
    let may_hit = |field: &FieldNote| match &needles {
        Some(needles) => needles.iter().any(|needle| may_contain(field, needle)),
        None => true,
    };
    let fields: Vec<usize> = (0..index.fields.len()).filter(|at| may_hit(&index.fields[*at])).collect();
    let literal: Vec<bool> = index
        .templates
        .iter()
        .map(|(_, template)| template.literals.iter().any(|literal| filter.hits(literal.as_bytes())))
        .collect();
    if fields.is_empty() && index.whole_lines == 0 && !literal.contains(&true) {
        return if filter.is_negative() { Decision::All } else { Decision::None };
    }
    Decision::Columns(ColumnFilter { filter, fields, literal })
}

/// Whether some value of the field may have `needle` in it.
fn may_contain(field: &FieldNote, needle: &[u8]) -> bool {
    let consists_of = |bytes: &[u8]| {
        let all: ByteSet = bytes.iter().copied().collect();
        needle.iter().all(|byte| all.contains(*byte))
    };
    match field.kind {
        Kind::Integer | Kind::RowTime(TimeForm::Unix { .. }) => {
            needle.len() <= 20 && consists_of(b"-0123456789")
        }
        Kind::Decimal { .. } => needle.len() <= 20 && consists_of(b"-.0123456789"),
        Kind::Hex { bytes } => needle.len() <= 2 * usize::from(bytes) && consists_of(b"0123456789abcdef"),
        Kind::Uuid => needle.len() <= 36 && consists_of(b"-0123456789abcdef"),
        Kind::Time { .. } | Kind::RowTime(TimeForm::Rfc3339 { .. }) => {
            needle.len() <= 30 && consists_of(b"-:.TZ0123456789")
        }
        Kind::Text => field.stats.as_ref().is_none_or(|stats| stats.may_contain(needle)),
    }
}

impl ColumnFilter<'_> {
    /// Looks into the Bloom filters of values and words: the row groups that may have a hit, `None` if that cannot be told.
    pub(super) fn row_groups(
        &self,
        reader: &SegmentReader,
        index: &SegmentIndex,
    ) -> Result<Option<Vec<bool>>, Error> {
        if self.filter.is_negative() || self.literal.contains(&true) {
            return Ok(None);
        }
        let Some(needles) = self.filter.needles() else { return Ok(None) };
        let may_have = |column: &str| -> Result<bool, Error> {
            let words = index.blooms.words(reader, column)?;
            Ok(words.is_none_or(|words| needles.iter().any(|needle| words.may_contain(needle))))
        };
        if index.whole_lines > 0 && may_have(names::LINE)? {
            return Ok(None);
        }
        let groups = reader.footer.metadata().num_row_groups();
        let mut may_hit = vec![false; groups];
        for at in &self.fields {
            let field = &index.fields[*at];
            let column = field.column(FIELD_PREFIX);
            let Kind::Hex { bytes } = field.kind else {
                if may_have(&column)? {
                    return Ok(None);
                }
                continue;
            };
            let mut values = Vec::with_capacity(needles.len());
            for needle in &needles {
                let mut value = vec![0; usize::from(bytes)];
                match unhex(needle, &mut value) {
                    true => values.push(value),
                    false if needle.len() > 2 * usize::from(bytes) => {}
                    // A part of a value is in no Bloom filter.
                    false => return Ok(None),
                }
            }
            for (group, may_hit) in may_hit.iter_mut().enumerate() {
                let Some(bloom) = index.blooms.get(reader, (*at, &column), group)? else { return Ok(None) };
                *may_hit |= values.iter().any(|value| bloom.check(value));
            }
        }
        Ok(Some(may_hit))
    }

    /// Clears the marks of rows that do not pass.
    pub(super) fn apply(&self, rows: &FilterRows<'_>, cache: &mut HitCache, passes: &mut [bool]) {
        let negative = self.filter.is_negative();
        let mut hits = vec![false; passes.len()];
        for (row, hit) in hits.iter_mut().enumerate() {
            *hit = match rows.template(row) {
                Some(template) => self.literal[template],
                None => rows.whole_line(row).is_some_and(|line| self.filter.hits(line.as_bytes())),
            };
        }
        for (at, column) in self.fields.iter().zip(&rows.columns) {
            self.search(*at, column, cache, &mut hits);
        }
        for (pass, hit) in passes.iter_mut().zip(hits) {
            *pass &= hit != negative;
        }
    }

    fn search(&self, field: usize, column: &ValueColumn<'_>, cache: &mut HitCache, hits: &mut [bool]) {
        match column {
            ValueColumn::Dictionary { keys, texts } => {
                let of_text = cache.hits(self.filter, field, texts);
                if !of_text.contains(&true) {
                    return;
                }
                for (row, hit) in hits.iter_mut().enumerate() {
                    *hit |= !keys.is_null(row) && of_text[keys.value(row) as usize];
                }
            }
            ValueColumn::Text(texts) => {
                for (row, hit) in hits.iter_mut().enumerate() {
                    *hit = *hit || (!texts.is_null(row) && self.filter.hits(texts.value(row).as_bytes()));
                }
            }
            ValueColumn::Hex(values) if self.whole_values(values.value_length() as usize).is_some() => {
                let wanted = self.whole_values(values.value_length() as usize).unwrap_or_default();
                for (row, hit) in hits.iter_mut().enumerate() {
                    *hit |= !values.is_null(row) && wanted.iter().any(|value| value == values.value(row));
                }
            }
            other => {
                let mut text = String::new();
                for (row, hit) in hits.iter_mut().enumerate() {
                    if !*hit && !other.is_null(row) {
                        text.clear();
                        other.write(row, &mut text);
                        *hit = self.filter.hits(text.as_bytes());
                    }
                }
            }
        }
    }

    /// The needles as bytes, if each of them is as long as an identifier of so many bytes.
    fn whole_values(&self, bytes: usize) -> Option<Vec<Vec<u8>>> {
        let needles = self.filter.needles()?;
        needles
            .into_iter()
            .map(|needle| {
                let mut value = vec![0; bytes];
                unhex(needle, &mut value).then_some(value)
            })
            .collect()
    }
}

/// What filters see of a batch.
pub(super) struct FilterRows<'a> {
    /// The place in the index of each row's template; `None` in it for whole lines. Without it all rows are of the first.
    pub templates: Option<Vec<Option<usize>>>,
    pub lines: Option<&'a StringArray>,
    /// The columns of the filter's fields, in their order.
    pub columns: Vec<ValueColumn<'a>>,
}

impl FilterRows<'_> {
    fn template(&self, row: usize) -> Option<usize> {
        self.templates.as_ref().map_or(Some(0), |templates| templates[row])
    }

    fn whole_line(&self, row: usize) -> Option<&str> {
        self.lines.filter(|lines| !lines.is_null(row)).map(|lines| lines.value(row))
    }
}

/// The hits among the texts of dictionaries: batches of one row group share theirs.
#[derive(Debug, Default)]
pub(super) struct HitCache {
    entries: Vec<KnownHits>,
}

#[derive(Debug)]
struct KnownHits {
    filter: usize,
    field: usize,
    /// Held, so that no other dictionary can get its place in memory.
    texts: StringArray,
    hits: Rc<Vec<bool>>,
}

impl HitCache {
    fn hits(&mut self, filter: &CompiledFilter, field: usize, texts: &StringArray) -> Rc<Vec<bool>> {
        let filter_at = std::ptr::from_ref(filter).addr();
        let is_same = |known: &KnownHits| {
            known.filter == filter_at && known.field == field && same_array(&known.texts, texts)
        };
        if let Some(known) = self.entries.iter().find(|known| is_same(known)) {
            return Rc::clone(&known.hits);
        }
        let hits: Vec<bool> =
            texts.iter().map(|text| filter.hits(text.unwrap_or_default().as_bytes())).collect();
        let hits = Rc::new(hits);
        self.entries.retain(|known| (known.filter, known.field) != (filter_at, field));
        let texts = texts.clone();
        self.entries.push(KnownHits { filter: filter_at, field, texts, hits: Rc::clone(&hits) });
        hits
    }
}

/// Whether two arrays are one.
pub(super) fn same_array(a: &StringArray, b: &StringArray) -> bool {
    a.len() == b.len()
        && a.value_data().as_ptr() == b.value_data().as_ptr()
        && a.value_offsets().as_ptr() == b.value_offsets().as_ptr()
}

/// The columns that filters need.
pub(super) fn columns_of<'a>(
    batch: &'a RecordBatch,
    index: &SegmentIndex,
    filter: &ColumnFilter<'_>,
) -> Result<Vec<ValueColumn<'a>>, Error> {
    let column = |at: &usize| {
        let field = &index.fields[*at];
        Ok(ValueColumn::of(batch, &field.column(FIELD_PREFIX), field.kind)?)
    };
    filter.fields.iter().map(column).collect()
}
