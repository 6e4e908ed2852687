//! Tests a column's values: texts once per entry of the dictionary, numbers one by one.

use arrow::array::{Array as _, ArrayRef, ArrowPrimitiveType, AsArray as _, PrimitiveArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use arrow::error::ArrowError;
use prost::Message as _;
use protocols::otlp::{ResourceSpans, any_value};
use traceql::{Kind, Status, Value};

use super::bind::{Bound, Content};

impl Bound {
    /// Marks the rows that pass, besides those marked already.
    pub(super) fn add_to(&self, met: &mut [bool], records: &RecordBatch) -> Result<(), ArrowError> {
        let Some(column) = records.column_by_name(&self.column) else {
            // Not in this segment: no row has a value.
            if self.passes_null {
                met.fill(true);
            }
            return Ok(());
        };
        let unexpected = || ArrowError::SchemaError(format!("{} has not the expected type", self.column));
        match &self.content {
            Content::Text => self.dictionary(met, column, |values, at| {
                values.as_string_opt::<i32>().map(|texts| self.test.holds(Value::Str(texts.value(at))))
            }),
            Content::Resource(key) => self.dictionary(met, column, |values, at| {
                values.as_binary_opt::<i32>().map(|messages| self.resource(key, messages.value(at)))
            }),
            Content::Int => self.numbers::<Int64Type>(met, column, Value::Int),
            Content::Duration => {
                self.numbers::<Int64Type>(met, column, |nanos| Value::Duration(nanos.max(0)))
            }
            Content::Double => self.numbers::<Float64Type>(met, column, Value::Float),
            Content::Status => {
                self.numbers::<Int32Type>(met, column, |code| Value::Status(Status::from_otlp(code)))
            }
            Content::Kind => {
                self.numbers::<Int32Type>(met, column, |code| Value::Kind(Kind::from_otlp(code)))
            }
            Content::Bool => column.as_boolean_opt().map(|values| {
                for (met, value) in met.iter_mut().zip(values) {
                    *met |= value.map_or(self.passes_null, |value| self.test.holds(Value::Bool(value)));
                }
            }),
        }
        .ok_or_else(unexpected)
    }

    fn dictionary(
        &self,
        met: &mut [bool],
        column: &ArrayRef,
        test: impl Fn(&ArrayRef, usize) -> Option<bool>,
    ) -> Option<()> {
        let dictionary = column.as_dictionary_opt::<Int32Type>()?;
        let values = dictionary.values();
        // Only entries that occur are tested: a dictionary may be that of a whole row group.
        let mut known: Vec<Option<bool>> = vec![None; values.len()];
        for (met, key) in met.iter_mut().zip(dictionary.keys()) {
            *met |= match key {
                None => self.passes_null,
                Some(key) => match known[key as usize] {
                    Some(passes) => passes,
                    None => *known[key as usize].insert(test(values, key as usize)?),
                },
            };
        }
        Some(())
    }

    fn numbers<T: ArrowPrimitiveType>(
        &self,
        met: &mut [bool],
        column: &ArrayRef,
        value: impl Fn(T::Native) -> Value<'static>,
    ) -> Option<()> {
        let numbers: &PrimitiveArray<T> = column.as_primitive_opt::<T>()?;
        if numbers.null_count() == 0 {
            for (met, number) in met.iter_mut().zip(numbers.values()) {
                *met |= self.test.holds(value(*number));
            }
        } else {
            for (met, number) in met.iter_mut().zip(numbers) {
                *met |= number.map_or(self.passes_null, |number| self.test.holds(value(number)));
            }
        }
        Some(())
    }

    /// Whether the attribute of a resource passes. Lists and the like are left to the query.
    fn resource(&self, key: &str, message: &[u8]) -> bool {
        let Ok(message) = ResourceSpans::decode(message) else { return true };
        let attributes = message.resource.map(|resource| resource.attributes).unwrap_or_default();
        let mut values = attributes.into_iter().filter(|pair| pair.key == key).peekable();
        if values.peek().is_none() {
            return self.passes_null;
        }
        values.any(|pair| match pair.value.and_then(|value| value.value) {
            Some(any_value::Value::StringValue(text)) => self.test.holds(Value::Str(&text)),
            Some(any_value::Value::IntValue(number)) => self.test.holds(Value::Int(number)),
            Some(any_value::Value::DoubleValue(number)) => self.test.holds(Value::Float(number)),
            Some(any_value::Value::BoolValue(value)) => self.test.holds(Value::Bool(value)),
            _ => true,
        })
    }
}
