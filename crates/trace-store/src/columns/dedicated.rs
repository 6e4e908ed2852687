//! Which attributes of spans get columns of their own in a segment.
//!
//! Chosen anew for each segment by how often a key occurs. A row's attributes are then the values in these columns and
//! the rest in a list; the row's *shape* says in which order they came, so that they are given back exactly. Rows of one
//! kind of span have the same shape, so the column of shapes costs next to nothing.

use ahash::AHashMap;
use parquet::file::metadata::ParquetMetaData;
use serde::{Deserialize, Serialize};

use crate::batch::{SpanBatch, StringId, Value};

/// Footer key of the list of dedicated columns.
pub(crate) const DEDICATED: &str = "trace-store.dedicated";
/// Columns that a segment may have for attributes.
const MAX_COLUMNS: usize = 100;
/// A key that fewer than one row in this many has stays in the list.
const MIN_SHARE: usize = 20;
/// Shapes that are told apart; rows of further ones have all their attributes in the list.
const MAX_SHAPES: usize = 1024;
/// Texts of columns with as few and short ones are listed in the footer.
const MAX_LISTED: usize = 32;
const MAX_LISTED_BYTES: usize = 64;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    String,
    Int,
    Double,
    Bool,
}

impl Kind {
    const ALL: [Self; 4] = [Self::String, Self::Int, Self::Double, Self::Bool];

    fn of(value: Value) -> Option<Self> {
        match value {
            Value::String(_) => Some(Self::String),
            Value::Int(_) => Some(Self::Int),
            Value::Double(_) => Some(Self::Double),
            Value::Bool(_) => Some(Self::Bool),
            Value::Empty | Value::Other(_) => None,
        }
    }
}

/// A column as the footer tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DedicatedColumn {
    pub key: String,
    pub kind: Kind,
    /// Some values of the key are in the list: those of other types, or second ones of a row.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
    /// All texts of the column, if they are few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<Vec<String>>,
    /// About how many different texts it has.
    #[serde(skip)]
    pub distinct: usize,
}

/// The dedicated columns of a segment; none in format 1.
pub(crate) fn from_footer(footer: &ParquetMetaData) -> Vec<DedicatedColumn> {
    let notes = footer.file_metadata().key_value_metadata();
    let note = notes.and_then(|notes| notes.iter().find(|note| note.key == DEDICATED)?.value.as_deref());
    note.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Where an attribute of a row is: the number of its column, or [`LISTED`].
pub(super) type Place = u16;
pub(super) const LISTED: Place = Place::MAX;

/// The choice for some rows of a batch.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub columns: Vec<DedicatedColumn>,
    /// The places of a row's attributes, by shape.
    pub shapes: Vec<Box<[Place]>>,
    /// The shape of each row, by its index in the batch.
    pub row_shapes: Vec<u32>,
}

/// Texts of each column that were seen, by their ids.
type Seen = Vec<Vec<bool>>;

impl Plan {
    /// `rows` are best in the order of the batch: then memory is walked through once from its start to its end.
    pub(super) fn new(batch: &SpanBatch, rows: &[u32]) -> Self {
        let mut plan = Self { row_shapes: vec![0; batch.rows.len()], ..Self::default() };
        let by_key = plan.choose(batch, rows);
        let seen = plan.lay_out(batch, rows, &by_key);
        plan.list_texts(batch, seen);
        plan
    }

    /// Returns the column of each key, by its id.
    fn choose(&mut self, batch: &SpanBatch, rows: &[u32]) -> Vec<Place> {
        // By id of the key: those of keys are few and low, since keys come before values.
        let mut counts: Vec<[u32; Kind::ALL.len()]> = Vec::new();
        for row in rows {
            for (key, value) in batch.attributes.of(batch.rows[*row as usize].attributes) {
                let Some(kind) = Kind::of(value) else { continue };
                let at = key.0 as usize;
                if at >= counts.len() {
                    counts.resize(at + 1, [0; Kind::ALL.len()]);
                }
                counts[at][kind as usize] += 1;
            }
        }
        let is_frequent = |count: u32| count > 0 && count as usize * MIN_SHARE >= rows.len();
        let mut found: Vec<(u32, &str, StringId, Kind)> = Vec::new();
        for (at, counts) in counts.iter().enumerate() {
            let key = StringId(at as u32);
            let frequent = Kind::ALL.into_iter().zip(counts).filter(|(_, count)| is_frequent(**count));
            found.extend(frequent.map(|(kind, count)| (*count, batch.text(key), key, kind)));
        }
        found.retain(|(_, name, ..)| !name.is_empty() && !name.contains([',', '\0']));
        found.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| (a.1, a.3).cmp(&(b.1, b.3))));
        let mut by_key = vec![LISTED; batch.strings.len()];
        for (_, name, key, kind) in found {
            let place = &mut by_key[key.0 as usize];
            if *place == LISTED && self.columns.len() < MAX_COLUMNS {
                *place = self.columns.len() as Place;
                self.columns.push(DedicatedColumn {
                    key: name.to_owned(),
                    kind,
                    elsewhere: false,
                    texts: None,
                    distinct: 0,
                });
            }
        }
        by_key
    }

    /// Gives each row its shape; returns the texts of the columns.
    fn lay_out(&mut self, batch: &SpanBatch, rows: &[u32], by_key: &[Place]) -> Seen {
        let texts =
            |column: &DedicatedColumn| if column.kind == Kind::String { batch.strings.len() } else { 0 };
        let mut seen: Seen = self.columns.iter().map(|column| vec![false; texts(column)]).collect();
        let mut known: AHashMap<Box<[Place]>, u32> = AHashMap::new();
        let mut shape: Vec<Place> = Vec::new();
        let mut last: Option<u32> = None;
        for row in rows {
            shape.clear();
            let attributes = batch.rows[*row as usize].attributes;
            for (key, value) in batch.attributes.of(attributes) {
                let place = by_key[key.0 as usize];
                let fits = place != LISTED
                    && Kind::of(value) == Some(self.columns[place as usize].kind)
                    && !shape.contains(&place);
                if place != LISTED && !fits {
                    self.columns[place as usize].elsewhere = true;
                }
                shape.push(if fits { place } else { LISTED });
            }
            let same = last.filter(|at| *self.shapes[*at as usize] == shape[..]);
            let at = same.or_else(|| known.get(&shape[..]).copied()).unwrap_or_else(|| {
                if self.shapes.len() >= MAX_SHAPES {
                    // Not told apart any more: all of the row goes to the list.
                    for place in shape.iter_mut().filter(|place| **place != LISTED) {
                        self.columns[*place as usize].elsewhere = true;
                        *place = LISTED;
                    }
                }
                let shapes = &mut self.shapes;
                *known.entry(shape.clone().into()).or_insert_with(|| {
                    shapes.push(shape.clone().into());
                    shapes.len() as u32 - 1
                })
            });
            last = Some(at);
            self.row_shapes[*row as usize] = at;
            let values = &batch.attributes.values[attributes.range()];
            for (value, place) in values.iter().zip(&self.shapes[at as usize]) {
                if let (Value::String(id), Some(seen)) = (value, seen.get_mut(*place as usize)) {
                    seen[id.0 as usize] = true;
                }
            }
        }
        seen
    }

    /// Counts the different texts of each column, and names them if they are few.
    fn list_texts(&mut self, batch: &SpanBatch, seen: Seen) {
        for (column, seen) in self.columns.iter_mut().zip(seen) {
            if column.kind != Kind::String {
                continue;
            }
            let ids =
                || seen.iter().enumerate().filter(|(_, seen)| **seen).map(|(at, _)| StringId(at as u32));
            column.distinct = ids().count();
            let is_short = |id| batch.text(id).len() <= MAX_LISTED_BYTES;
            if column.distinct <= MAX_LISTED && ids().all(is_short) {
                let mut texts: Vec<String> = ids().map(|id| batch.text(id).to_owned()).collect();
                texts.sort_unstable();
                column.texts = Some(texts);
            }
        }
    }

    /// The names of a shape's columns in order, divided by commas; empty for an attribute of the list.
    pub(super) fn shape_text(&self, shape: &[Place]) -> String {
        let name = |place: &Place| self.columns.get(*place as usize).map_or("", |column| column.key.as_str());
        shape.iter().map(name).collect::<Vec<_>>().join(",")
    }
}
