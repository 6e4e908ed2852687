//! Whole rows from columns: lines and structured metadata as they were pushed.

use arrow::array::{Array as _, AsArray as _, MapArray, RecordBatch, StringArray, UInt32Array};
use arrow::datatypes::TimestampNanosecondType;
use segment::SchemaError;
use smallvec::SmallVec;

use crate::columns::index::SegmentIndex;
use crate::columns::metadata::DIVIDER;
use crate::columns::template::Template;
use crate::columns::values::{ValueColumn, dictionary};
use crate::columns::{FIELD_PREFIX, METADATA_PREFIX, names};

/// Structured metadata of a row; rarely more than this.
pub(crate) type Pairs<'a> = SmallVec<[(&'a str, &'a str); 8]>;

/// A batch that has all columns.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    timestamps: &'a [i64],
    template_keys: &'a UInt32Array,
    templates: Vec<Assembly<'a>>,
    lines: &'a StringArray,
    set_keys: &'a UInt32Array,
    sets: Vec<Vec<(&'a str, ValueColumn<'a>)>>,
    map: &'a MapArray,
    map_names: &'a StringArray,
    map_values: &'a StringArray,
}

/// A template with the columns that its slots are filled from.
#[derive(Debug, Default)]
struct Assembly<'a> {
    literals: Vec<Box<str>>,
    columns: Vec<ValueColumn<'a>>,
}

/// What a row is put together in; reused from row to row.
#[derive(Debug, Default)]
pub(crate) struct RowBuffer {
    line: String,
    values: String,
    ends: Vec<usize>,
}

fn wrong(name: &str) -> SchemaError {
    SchemaError(format!("column {name} is missing or has an unexpected type"))
}

/// The keys and texts of a dictionary column.
pub(crate) fn text_column<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<(&'a UInt32Array, &'a StringArray), SchemaError> {
    match batch.column_by_name(name).and_then(dictionary) {
        Some(ValueColumn::Dictionary { keys, texts }) => Ok((keys, texts)),
        _ => Err(wrong(name)),
    }
}

impl<'a> Rows<'a> {
    pub(crate) fn new(batch: &'a RecordBatch, index: &SegmentIndex) -> Result<Self, SchemaError> {
        let column = |name: &'static str| batch.column_by_name(name).ok_or_else(|| wrong(name));
        let timestamps = column(names::TIMESTAMP)?
            .as_primitive_opt::<TimestampNanosecondType>()
            .ok_or_else(|| wrong(names::TIMESTAMP))?;
        let (template_keys, template_texts) = text_column(batch, names::TEMPLATE)?;
        let (set_keys, set_texts) = text_column(batch, names::METADATA_NAMES)?;
        let map = column(names::METADATA)?.as_map_opt().ok_or_else(|| wrong(names::METADATA))?;
        Ok(Self {
            timestamps: timestamps.values(),
            template_keys,
            templates: template_texts
                .iter()
                .map(|text| assembly(batch, index, text.unwrap_or_default()))
                .collect::<Result<_, _>>()?,
            lines: column(names::LINE)?.as_string_opt().ok_or_else(|| wrong(names::LINE))?,
            set_keys,
            sets: set_texts
                .iter()
                .map(|text| set(batch, index, text.unwrap_or_default()))
                .collect::<Result<_, _>>()?,
            map,
            map_names: map.keys().as_string_opt().ok_or_else(|| wrong(names::METADATA))?,
            map_values: map.values().as_string_opt().ok_or_else(|| wrong(names::METADATA))?,
        })
    }

    pub(crate) fn timestamp(&self, row: usize) -> i64 {
        self.timestamps[row]
    }

    /// The row's line and structured metadata.
    pub(crate) fn row<'b>(&'b self, row: usize, buffer: &'b mut RowBuffer) -> (&'b str, Pairs<'b>) {
        let RowBuffer { line, values, ends } = buffer;
        let is_whole = self.template_keys.is_null(row);
        if !is_whole {
            line.clear();
            self.templates[self.template_keys.value(row) as usize].write(row, line);
        }
        let pairs = self.metadata(row, values, ends);
        (if is_whole { self.lines.value(row) } else { line }, pairs)
    }

    fn metadata<'b>(&'b self, row: usize, values: &'b mut String, ends: &mut Vec<usize>) -> Pairs<'b> {
        if self.set_keys.is_null(row) {
            if self.map.is_null(row) {
                return Pairs::new();
            }
            let offsets = self.map.value_offsets();
            let range = offsets[row] as usize..offsets[row + 1] as usize;
            return range.map(|at| (self.map_names.value(at), self.map_values.value(at))).collect();
        }
        let set = &self.sets[self.set_keys.value(row) as usize];
        values.clear();
        ends.clear();
        for (_, column) in set {
            column.write(row, values);
            ends.push(values.len());
        }
        let mut start = 0;
        let pair = |((name, _), end): (&(&'a str, ValueColumn<'a>), &usize)| {
            let value = &values[start..*end];
            start = *end;
            (*name, value)
        };
        set.iter().zip(ends.iter()).map(pair).collect()
    }
}

impl Assembly<'_> {
    fn write(&self, row: usize, out: &mut String) {
        for (literal, column) in self.literals.iter().zip(&self.columns) {
            out.push_str(literal);
            column.write(row, out);
        }
        out.push_str(self.literals.last().map_or("", |literal| literal));
    }
}

fn assembly<'a>(
    batch: &'a RecordBatch,
    index: &SegmentIndex,
    text: &str,
) -> Result<Assembly<'a>, SchemaError> {
    // What a dictionary without texts is filled with; no row refers to it.
    if text.is_empty() {
        return Ok(Assembly::default());
    }
    let template = Template::parse(text).ok_or_else(|| SchemaError(format!("{text:?} is not a template")))?;
    let columns = template.slots.iter().map(|slot| {
        let field = index.field(&slot.field).ok_or_else(|| wrong(&slot.field))?;
        ValueColumn::of(batch, &field.column(FIELD_PREFIX), field.kind)
    });
    Ok(Assembly { columns: columns.collect::<Result<_, _>>()?, literals: template.literals })
}

fn set<'a>(
    batch: &'a RecordBatch,
    index: &SegmentIndex,
    text: &'a str,
) -> Result<Vec<(&'a str, ValueColumn<'a>)>, SchemaError> {
    let pair = |name: &'a str| {
        let field = index.metadata.iter().find(|field| field.name == name).ok_or_else(|| wrong(name))?;
        Ok((name, ValueColumn::of(batch, &field.column(METADATA_PREFIX), field.kind)?))
    };
    text.split(DIVIDER).filter(|name| !name.is_empty()).map(pair).collect()
}
