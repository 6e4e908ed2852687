//! Structured metadata by name: which names a row has, in their order, and a column of values for each.

use crate::batch::Metadata;
use crate::columns::shred::max_fields;
use crate::columns::typed::Values;

/// Different sets of names.
const MAX_SETS: usize = 2048;

/// Divides names; not a part of any, since names are label names.
pub(super) const DIVIDER: char = ',';

#[derive(Debug, Default)]
pub(super) struct MetadataShredder {
    /// Rows with further ones keep their pairs in the map.
    max_names: usize,
    sets: Vec<Vec<u32>>,
    set_of: ahash::HashMap<Vec<u32>, u32>,
    fields: Vec<(String, Values)>,
    field_of: ahash::HashMap<String, u32>,
    last: u32,
    found: Vec<u32>,
}

impl MetadataShredder {
    /// For a segment of so many rows.
    pub(super) fn new(rows: usize) -> Self {
        Self { max_names: max_fields(rows), ..Self::default() }
    }

    /// Takes the pairs of a row apart and returns the number of its set of names; `None` when they go into the map.
    pub(super) fn shred(&mut self, row: usize, metadata: Metadata<'_>) -> Option<u32> {
        self.found.clear();
        for (name, _) in metadata.iter() {
            let field = self.field(name)?;
            if self.found.contains(&field) {
                return None;
            }
            self.found.push(field);
        }
        let set = self.set()?;
        for (field, (_, value)) in self.found.iter().zip(metadata.iter()) {
            self.fields[*field as usize].1.push(row, value.as_bytes());
        }
        Some(set)
    }

    fn field(&mut self, name: &str) -> Option<u32> {
        if let Some(field) = self.field_of.get(name) {
            return Some(*field);
        }
        if self.fields.len() >= self.max_names || name.contains(DIVIDER) {
            return None;
        }
        let field = self.fields.len() as u32;
        self.fields.push((name.to_owned(), Values::default()));
        self.field_of.insert(name.to_owned(), field);
        Some(field)
    }

    fn set(&mut self) -> Option<u32> {
        if self.sets.get(self.last as usize).is_some_and(|last| *last == self.found) {
            return Some(self.last);
        }
        self.last = match self.set_of.get(&self.found) {
            Some(set) => *set,
            None if self.sets.len() >= MAX_SETS => return None,
            None => {
                let set = self.sets.len() as u32;
                self.sets.push(self.found.clone());
                self.set_of.insert(self.found.clone(), set);
                set
            }
        };
        Some(self.last)
    }

    /// The sets of names as text, and the values of each name.
    pub(super) fn finish(self) -> (Vec<String>, Vec<(String, Values)>) {
        let name = |field: &u32| self.fields[*field as usize].0.as_str();
        let text = |set: &Vec<u32>| set.iter().map(name).collect::<Vec<_>>().join(&DIVIDER.to_string());
        let sets = self.sets.iter().map(text).collect();
        (sets, self.fields)
    }
}
