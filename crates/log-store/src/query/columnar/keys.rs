//! The relevant values of rows as numbers, so that equal rows are recognised without looking at texts.

use std::collections::HashMap;
use std::rc::Rc;

use arrow::array::{Array as _, RecordBatch, StringArray, UInt32Array};
use segment::{Error, SchemaError};

use super::filter::same_array;
use super::layout::{Layout, Shape};
use crate::columns::{SegmentIndex, Syntax, ValueColumn, names, text_column};

/// Different texts that are remembered.
const MAX_TEXTS: usize = 200_000;

/// Gives each text a number of its own.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    by_text: HashMap<Box<str>, u32, ahash::RandomState>,
    /// The numbers of the texts of dictionaries; the dictionaries are held, so that none gets the place of another.
    tables: Vec<(StringArray, Rc<Vec<u32>>)>,
}

impl Numbers {
    pub(super) fn of(&mut self, text: &str) -> u32 {
        if let Some(number) = self.by_text.get(text) {
            return *number;
        }
        let number = self.by_text.len() as u32;
        self.by_text.insert(text.into(), number);
        number
    }

    pub(super) fn is_full(&self) -> bool {
        self.by_text.len() > MAX_TEXTS
    }

    fn table(&mut self, texts: &StringArray) -> Rc<Vec<u32>> {
        if let Some((_, table)) = self.tables.iter().find(|(known, _)| same_array(known, texts)) {
            return Rc::clone(table);
        }
        let table: Vec<u32> = texts.iter().map(|text| self.of(text.unwrap_or_default())).collect();
        let table = Rc::new(table);
        self.tables.push((texts.clone(), Rc::clone(&table)));
        table
    }

    /// To be called between segments: their dictionaries are done with.
    pub(super) fn forget_tables(&mut self) {
        self.tables.clear();
    }
}

/// How a value becomes a number.
#[derive(Debug)]
enum Codes {
    /// It is one.
    Value,
    /// By the text of the dictionary.
    Table(Rc<Vec<u32>>),
    /// Not at all: values differ from row to row.
    Unique,
}

/// Which pairs of structured metadata, that matter, a row has.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub number: u32,
    pub columns: Vec<usize>,
}

/// The keys of the rows of a batch.
#[derive(Debug)]
pub(super) struct BatchKeys<'a> {
    pub layout: &'a Layout,
    pub columns: Vec<ValueColumn<'a>>,
    codes: Vec<Codes>,
    /// Of each template, and of whole lines.
    shape_numbers: Vec<u32>,
    whole_number: u32,
    templates: Option<RowTemplates<'a>>,
    sets: Option<(&'a UInt32Array, Vec<Set>)>,
    no_set: Set,
}

/// Which template each row of a batch has.
#[derive(Debug)]
pub(super) struct RowTemplates<'a> {
    keys: &'a UInt32Array,
    /// By key: the place in the index.
    places: Vec<usize>,
}

impl<'a> RowTemplates<'a> {
    pub(super) fn new(batch: &'a RecordBatch, index: &SegmentIndex) -> Result<Self, Error> {
        let (keys, texts) = text_column(batch, names::TEMPLATE)?;
        let place = |text: Option<&str>| {
            let text = text.unwrap_or_default();
            // What a dictionary without texts is filled with; no row refers to it.
            if text.is_empty() {
                return Ok(0);
            }
            let known = index.templates.iter().position(|(known, _)| known == text);
            known.ok_or_else(|| SchemaError("a template is missing in the index".to_owned()))
        };
        Ok(Self { keys, places: texts.iter().map(place).collect::<Result<_, _>>()? })
    }

    /// The place in the index; `None` for lines that are kept whole.
    #[inline]
    pub(super) fn of(&self, row: usize) -> Option<usize> {
        (!self.keys.is_null(row)).then(|| self.places[self.keys.value(row) as usize])
    }
}

impl<'a> BatchKeys<'a> {
    /// `reads_templates`: whether rows are of different templates.
    pub(super) fn new(
        batch: &'a RecordBatch,
        index: &SegmentIndex,
        layout: &'a Layout,
        reads_templates: bool,
        numbers: &mut Numbers,
    ) -> Result<Self, Error> {
        let columns = layout.columns.iter().map(|column| ValueColumn::of(batch, &column.name, column.kind));
        let columns: Vec<ValueColumn<'a>> = columns.collect::<Result<_, _>>()?;
        let code = |column: &ValueColumn<'_>| match column {
            ValueColumn::Integer(_)
            | ValueColumn::Decimal { .. }
            | ValueColumn::Time { .. }
            | ValueColumn::RowTime { .. } => Codes::Value,
            ValueColumn::Dictionary { texts, .. } => Codes::Table(numbers.table(texts)),
            ValueColumn::Hex(_) | ValueColumn::Uuid(_) | ValueColumn::Text(_) => Codes::Unique,
        };
        let codes = columns.iter().map(code).collect();
        let shape_number =
            |shape: &Option<Shape>| shape.as_ref().map_or(0, |shape| numbers.of(&describe(shape, layout)));
        let shape_numbers = layout.shapes.iter().map(shape_number).collect();
        let templates = reads_templates.then(|| RowTemplates::new(batch, index)).transpose()?;
        let sets = if layout.has_metadata() { Some(sets(batch, layout, numbers)?) } else { None };
        Ok(Self {
            layout,
            columns,
            codes,
            shape_numbers,
            whole_number: numbers.of(""),
            templates,
            sets,
            no_set: Set { number: numbers.of(""), columns: Vec::new() },
        })
    }

    /// Whether all rows of the batch are alike as far as templates and structured metadata tell.
    pub(super) fn is_uniform(&self) -> bool {
        self.columns.is_empty() && (self.templates.is_none() || self.layout.whole.is_some())
    }

    /// The shape of a row, with its number; `None` when the row has to be looked at as a whole.
    #[inline]
    pub(super) fn shape(&self, row: usize) -> Option<(&Shape, u32)> {
        let template = match &self.templates {
            Some(templates) => templates.of(row),
            None if self.layout.shapes.is_empty() => None,
            None => Some(0),
        };
        match template {
            Some(at) => self.layout.shapes[at].as_ref().map(|shape| (shape, self.shape_numbers[at])),
            None => self.layout.whole.as_ref().map(|shape| (shape, self.whole_number)),
        }
    }

    /// The structured metadata of a row.
    #[inline]
    pub(super) fn set(&self, row: usize) -> &Set {
        match &self.sets {
            Some((keys, sets)) if !keys.is_null(row) => &sets[keys.value(row) as usize],
            _ => &self.no_set,
        }
    }

    /// The column that is unwrapped, where all rows are of one template.
    pub(super) fn unwrapped(&self) -> Option<&ValueColumn<'a>> {
        let shape = self.layout.shapes.first()?.as_ref()?;
        shape.unwrapped.map(|column| &self.columns[column])
    }

    /// The one dictionary that decides what becomes of rows, where there is nothing else: all rows are of one template,
    /// and other columns have numbers to be unwrapped.
    pub(super) fn only_dictionary(&self) -> Option<(&'a UInt32Array, usize)> {
        if self.templates.is_some() || self.sets.is_some() {
            return None;
        }
        let shape = self.layout.shapes.first()?.as_ref()?;
        let mut deciding = shape.slots.iter().map(|(column, _)| *column);
        let column = deciding.find(|column| Some(*column) != shape.unwrapped)?;
        if deciding.any(|column| Some(column) != shape.unwrapped) {
            return None;
        }
        match &self.columns[column] {
            ValueColumn::Dictionary { keys, texts } if keys.null_count() == 0 => Some((*keys, texts.len())),
            _ => None,
        }
    }

    /// The number of a value; `None` when there is no use in it.
    #[inline]
    pub(super) fn code(&self, column: usize, row: usize) -> Option<u64> {
        match (&self.codes[column], &self.columns[column]) {
            (Codes::Table(table), ValueColumn::Dictionary { keys, .. }) => {
                Some(u64::from(table[keys.value(row) as usize]))
            }
            (Codes::Value, ValueColumn::Integer(values)) => Some(values.value(row) as u64),
            (Codes::Value, ValueColumn::Decimal { values, .. }) => Some(values.value(row) as u64),
            (Codes::Value, ValueColumn::Time { values, .. } | ValueColumn::RowTime { values, .. }) => {
                Some(values.value(row) as u64)
            }
            _ => None,
        }
    }
}

/// All that the text of a row depends on, besides its values.
fn describe(shape: &Shape, layout: &Layout) -> String {
    let mut text = match shape.syntax {
        None => String::new(),
        Some(Syntax::Json) => "json".to_owned(),
        Some(Syntax::Logfmt) => "logfmt".to_owned(),
    };
    for (column, quoted) in &shape.slots {
        let KeyColumnText { field, kind } = KeyColumnText::of(layout, *column);
        text.push_str(&format!("\0{field}\0{quoted}\0{kind}"));
    }
    text
}

struct KeyColumnText<'a> {
    field: &'a str,
    kind: String,
}

impl<'a> KeyColumnText<'a> {
    fn of(layout: &'a Layout, column: usize) -> Self {
        let column = &layout.columns[column];
        Self { field: &column.field, kind: format!("{:?}", column.kind) }
    }
}

fn sets<'a>(
    batch: &'a RecordBatch,
    layout: &Layout,
    numbers: &mut Numbers,
) -> Result<(&'a UInt32Array, Vec<Set>), Error> {
    let (keys, texts) = text_column(batch, names::METADATA_NAMES)?;
    let set = |text: Option<&str>| {
        let mut described = String::from("metadata");
        let mut columns = Vec::new();
        for name in text.unwrap_or_default().split(',') {
            let of_metadata = layout.columns[layout.fields..].iter().position(|column| column.field == name);
            if let Some(at) = of_metadata {
                let at = layout.fields + at;
                described.push_str(&format!("\0{name}\0{:?}", layout.columns[at].kind));
                columns.push(at);
            }
        }
        Set { number: numbers.of(&described), columns }
    };
    Ok((keys, texts.iter().map(set).collect()))
}
