//! A text that is looked for in a column, made comparable with what the column stores.

use arrow::array::{Array as _, StringArray};

use crate::columns::kind::{self, Kind};
use crate::columns::values::ValueColumn;

/// The text as the column would store it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sought {
    Number(i64),
    Bytes(Vec<u8>),
    Text(String),
    /// No value of the column has this text.
    Nowhere,
}

impl Sought {
    pub(crate) fn new(text: &str, kind: Kind) -> Self {
        let bytes = text.as_bytes();
        let number = |number: Option<i64>| number.map_or(Self::Nowhere, Self::Number);
        let sought = match kind {
            Kind::Integer => number(kind::integer(bytes)),
            Kind::Decimal { scale, .. } => {
                let found = kind::decimal(bytes).filter(|(_, own)| *own <= scale);
                number(found.and_then(|(value, own)| value.checked_mul(10i64.pow(u32::from(scale - own)))))
            }
            Kind::Hex { bytes: width } => {
                let mut value = vec![0; usize::from(width)];
                if kind::unhex(bytes, &mut value) { Self::Bytes(value) } else { Self::Nowhere }
            }
            Kind::Uuid => {
                let mut value = [0; 16];
                if kind::uuid(bytes, &mut value) { Self::Bytes(value.to_vec()) } else { Self::Nowhere }
            }
            Kind::Time { digits } => {
                number(kind::time(bytes).filter(|(_, own)| *own == digits).map(|(nanos, _)| nanos))
            }
            Kind::RowTime(form) => number(form.read(bytes)),
            Kind::Text => Self::Text(text.to_owned()),
        };
        // `12.0` is the number of `12`, and yet another text.
        if sought.is_written(text, kind) { sought } else { Self::Nowhere }
    }

    fn is_written(&self, text: &str, kind: Kind) -> bool {
        let (Self::Number(value), Kind::Decimal { scale, trimmed }) = (self, kind) else { return true };
        let mut written = String::new();
        kind::write_decimal(*value, scale, trimmed, &mut written);
        written == text
    }

    /// Marks the rows that may have the text. Rows without a value are marked as `without`.
    pub(crate) fn mark(&self, column: &ValueColumn<'_>, without: bool, marks: &mut Vec<bool>) {
        let rows = column.len();
        marks.clear();
        match (self, column) {
            (Self::Number(wanted), ValueColumn::Integer(values)) => {
                marks.extend(values.values().iter().map(|value| value == wanted));
            }
            (Self::Number(wanted), ValueColumn::Decimal { values, .. }) => {
                marks.extend(values.values().iter().map(|value| value == wanted));
            }
            (
                Self::Number(wanted),
                ValueColumn::Time { values, .. } | ValueColumn::RowTime { values, .. },
            ) => {
                marks.extend(values.values().iter().map(|value| value == wanted));
            }
            (Self::Bytes(wanted), ValueColumn::Hex(values) | ValueColumn::Uuid(values)) => {
                marks.extend((0..rows).map(|row| values.value(row) == wanted.as_slice()));
            }
            (Self::Text(wanted), ValueColumn::Dictionary { keys, texts }) => {
                let may_be: Vec<bool> = (0..texts.len()).map(|at| may_be(texts, at, wanted)).collect();
                let mark = |row| !keys.is_null(row) && may_be[keys.value(row) as usize];
                marks.extend((0..rows).map(mark));
            }
            (Self::Text(wanted), ValueColumn::Text(texts)) => {
                marks.extend((0..rows).map(|row| may_be(texts, row, wanted)));
            }
            (Self::Nowhere, _) => marks.resize(rows, false),
            // The column is of another kind than was asked for.
            _ => marks.resize(rows, true),
        }
        if column.null_count() > 0 {
            // Most marks are right already.
            let doubtful = marks.iter_mut().enumerate().filter(|(_, mark)| **mark != without);
            doubtful.filter(|(row, _)| column.is_null(*row)).for_each(|(_, mark)| *mark = without);
        }
    }
}

/// Whether a text is the wanted one, or becomes it when escapes are taken away.
fn may_be(texts: &StringArray, at: usize, wanted: &str) -> bool {
    let text = texts.value(at);
    text == wanted || text.contains(['\\', '\u{fffd}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_as_they_are_stored() {
        let decimal = |scale, trimmed| Kind::Decimal { scale, trimmed };
        for (text, kind, expected) in [
            ("4242", Kind::Integer, Sought::Number(4242)),
            ("04242", Kind::Integer, Sought::Nowhere),
            ("x", Kind::Integer, Sought::Nowhere),
            ("12.50", decimal(2, false), Sought::Number(1250)),
            ("12.5", decimal(2, false), Sought::Nowhere),
            ("12.5", decimal(2, true), Sought::Number(1250)),
            ("12.50", decimal(2, true), Sought::Nowhere),
            ("12", decimal(2, true), Sought::Number(1200)),
            ("0aff", Kind::Hex { bytes: 2 }, Sought::Bytes(vec![10, 255])),
            ("0aFF", Kind::Hex { bytes: 2 }, Sought::Nowhere),
            ("0aff00", Kind::Hex { bytes: 2 }, Sought::Nowhere),
            ("1970-01-01T00:00:01Z", Kind::Time { digits: 0 }, Sought::Number(1_000_000_000)),
            ("1970-01-01T00:00:01Z", Kind::Time { digits: 3 }, Sought::Nowhere),
            ("a b", Kind::Text, Sought::Text("a b".to_owned())),
        ] {
            assert_eq!(Sought::new(text, kind), expected, "{text} {kind:?}");
        }
    }
}
