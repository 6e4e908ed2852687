//! Distinct values of an attribute, gathered without looking at the same text twice.

use std::collections::BTreeSet;

use protocols::otlp::{AnyValue, ArrayValue, any_value};

use super::TagValues;
use crate::batch::{BlobId, Run, SpanBatch, StringId, Value, any_value_of};

/// Distinct values of one key in one batch, compared as numbers and ids.
pub(super) struct Distinct<'a> {
    batch: &'a SpanBatch,
    key: StringId,
    texts: BTreeSet<StringId>,
    ints: BTreeSet<i64>,
    doubles: BTreeSet<u64>,
    bools: BTreeSet<bool>,
    others: BTreeSet<BlobId>,
}

impl<'a> Distinct<'a> {
    pub(super) fn new(batch: &'a SpanBatch, key: StringId) -> Self {
        Self {
            batch,
            key,
            texts: BTreeSet::new(),
            ints: BTreeSet::new(),
            doubles: BTreeSet::new(),
            bools: BTreeSet::new(),
            others: BTreeSet::new(),
        }
    }

    pub(super) fn add(&mut self, run: Run) {
        for (key, value) in self.batch.attributes.of(run) {
            if key != self.key {
                continue;
            }
            match value {
                Value::String(id) => drop(self.texts.insert(id)),
                Value::Int(number) => drop(self.ints.insert(number)),
                Value::Double(number) => drop(self.doubles.insert(number.to_bits())),
                Value::Bool(value) => drop(self.bools.insert(value)),
                Value::Other(id) => drop(self.others.insert(id)),
                Value::Empty => {}
            }
        }
    }

    pub(super) fn finish(self, found: &mut TagValues) {
        self.texts.iter().for_each(|id| found.add("string", self.batch.text(*id).to_owned()));
        self.ints.iter().for_each(|number| found.add("int", number.to_string()));
        self.doubles.iter().for_each(|bits| found.add("float", format!("{:?}", f64::from_bits(*bits))));
        self.bools.iter().for_each(|value| found.add("bool", value.to_string()));
        for id in &self.others {
            if let Some(any_value::Value::ArrayValue(array)) =
                any_value_of(self.batch, Value::Other(*id)).value
            {
                add_elements(found, &array);
            }
        }
    }
}

/// The elements of an array count as values of their own, if they are all of one scalar type.
fn add_elements(found: &mut TagValues, array: &ArrayValue) {
    let scalar = |value: &AnyValue| match value.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(("string", text.clone())),
        any_value::Value::IntValue(number) => Some(("int", number.to_string())),
        any_value::Value::DoubleValue(number) => Some(("float", format!("{number:?}"))),
        any_value::Value::BoolValue(value) => Some(("bool", value.to_string())),
        _ => None,
    };
    let Some(elements) = array.values.iter().map(scalar).collect::<Option<Vec<_>>>() else { return };
    if elements.windows(2).all(|pair| pair[0].0 == pair[1].0) {
        elements.into_iter().for_each(|(kind, value)| found.add(kind, value));
    }
}
