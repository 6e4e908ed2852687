//! A column of values while it is read: texts are made anew from what is stored.

use arrow::array::{
    Array as _, AsArray as _, Decimal64Array, FixedSizeBinaryArray, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray, UInt32Array,
};
use arrow::datatypes::{Decimal64Type, Int64Type, TimestampNanosecondType, UInt32Type};
use segment::SchemaError;

use crate::columns::kind::{self, Kind, TimeForm};

/// The values of some rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ValueColumn<'a> {
    Integer(&'a Int64Array),
    Decimal { values: &'a Decimal64Array, scale: u8, trimmed: bool },
    Hex(&'a FixedSizeBinaryArray),
    Uuid(&'a FixedSizeBinaryArray),
    Time { values: &'a TimestampNanosecondArray, digits: u8 },
    RowTime { values: &'a TimestampNanosecondArray, form: TimeForm },
    Dictionary { keys: &'a UInt32Array, texts: &'a StringArray },
    Text(&'a StringArray),
}

fn wrong(name: &str) -> SchemaError {
    SchemaError(format!("column {name} is missing or has an unexpected type"))
}

impl<'a> ValueColumn<'a> {
    /// The column `name` of a batch.
    pub(crate) fn of(batch: &'a RecordBatch, name: &str, kind: Kind) -> Result<Self, SchemaError> {
        let column = batch.column_by_name(name).ok_or_else(|| wrong(name))?;
        let found = match kind {
            Kind::Integer => column.as_primitive_opt::<Int64Type>().map(Self::Integer),
            Kind::Decimal { scale, trimmed } => column
                .as_primitive_opt::<Decimal64Type>()
                .map(|values| Self::Decimal { values, scale, trimmed }),
            Kind::Hex { .. } => column.as_fixed_size_binary_opt().map(Self::Hex),
            Kind::Uuid => column.as_fixed_size_binary_opt().map(Self::Uuid),
            Kind::Time { digits } => column
                .as_primitive_opt::<TimestampNanosecondType>()
                .map(|values| Self::Time { values, digits }),
            Kind::RowTime(form) => column
                .as_primitive_opt::<TimestampNanosecondType>()
                .map(|values| Self::RowTime { values, form }),
            Kind::Text => match column.as_string_opt() {
                Some(texts) => Some(Self::Text(texts)),
                None => dictionary(column),
            },
        };
        found.ok_or_else(|| wrong(name))
    }

    fn array(&self) -> &dyn arrow::array::Array {
        match self {
            Self::Integer(values) => *values,
            Self::Decimal { values, .. } => *values,
            Self::Hex(values) | Self::Uuid(values) => *values,
            Self::Time { values, .. } | Self::RowTime { values, .. } => *values,
            Self::Dictionary { keys, .. } => *keys,
            Self::Text(texts) => *texts,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.array().len()
    }

    pub(crate) fn null_count(&self) -> usize {
        self.array().null_count()
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Integer(values) => values.is_null(row),
            Self::Decimal { values, .. } => values.is_null(row),
            Self::Hex(values) | Self::Uuid(values) => values.is_null(row),
            Self::Time { values, .. } | Self::RowTime { values, .. } => values.is_null(row),
            Self::Dictionary { keys, .. } => keys.is_null(row),
            Self::Text(texts) => texts.is_null(row),
        }
    }

    /// Appends the text of a row's value, if it has one.
    #[inline]
    pub(crate) fn write(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            return;
        }
        match self {
            Self::Integer(values) => out.push_str(itoa::Buffer::new().format(values.value(row))),
            Self::Decimal { values, scale, trimmed } => {
                kind::write_decimal(values.value(row), *scale, *trimmed, out);
            }
            Self::Hex(values) => kind::write_hex(values.value(row), out),
            Self::Uuid(values) => kind::write_uuid(values.value(row), out),
            Self::Time { values, digits } => kind::write_time(values.value(row), *digits, out),
            Self::RowTime { values, form } => form.write(values.value(row), out),
            Self::Dictionary { keys, texts } => out.push_str(texts.value(keys.value(row) as usize)),
            Self::Text(texts) => out.push_str(texts.value(row)),
        }
    }

    /// The value as a number, where that is what is stored.
    #[inline]
    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Integer(values) => (!values.is_null(row)).then(|| values.value(row) as f64),
            // Both are exact as floating-point numbers, so the quotient is the number nearest to the text.
            Self::Decimal { values, scale, .. } => (!values.is_null(row)
                && values.value(row).abs() < 1 << 53)
                .then(|| values.value(row) as f64 / POWERS[usize::from(*scale).min(9)]),
            _ => None,
        }
    }
}

const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// A column of texts in a dictionary.
pub(super) fn dictionary<'a>(column: &'a arrow::array::ArrayRef) -> Option<ValueColumn<'a>> {
    let dictionary = column.as_dictionary_opt::<UInt32Type>()?;
    Some(ValueColumn::Dictionary { keys: dictionary.keys(), texts: dictionary.values().as_string_opt()? })
}
