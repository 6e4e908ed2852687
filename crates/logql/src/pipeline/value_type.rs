//! What kind of value a text is, as far as LogQL can compare it.

use crate::gotext::{bytesize, duration, float};

/// Kinds of values of labels and fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    Int,
    Float,
    Boolean,
    Duration,
    Bytes,
    String,
}

impl ValueType {
    /// The first kind that the text can be read as.
    pub fn of(text: &str) -> Self {
        const BOOLEANS: [&str; 10] = ["t", "T", "TRUE", "true", "True", "f", "F", "FALSE", "false", "False"];
        if text.parse::<i64>().is_ok() {
            Self::Int
        } else if float::parse(text).is_ok() {
            Self::Float
        } else if BOOLEANS.contains(&text) {
            Self::Boolean
        } else if duration::parse_go(text).is_ok() {
            Self::Duration
        } else if bytesize::parse(text).is_ok() {
            Self::Bytes
        } else {
            Self::String
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Duration => "duration",
            Self::Bytes => "bytes",
            Self::String => "string",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_first_type_they_fit() {
        for (text, name) in [
            ("42", "int"),
            ("-7", "int"),
            ("+5", "int"),
            ("01", "int"),
            ("12345678901234567890", "float"),
            ("-0.0", "float"),
            ("1e-400", "float"),
            ("1E+3", "float"),
            ("NaN", "float"),
            ("-Inf", "float"),
            ("1e400", "string"),
            ("0x1F", "string"),
            ("1_000", "string"),
            (" 7 ", "string"),
            ("true", "boolean"),
            ("F", "boolean"),
            ("yes", "string"),
            ("1h30m", "duration"),
            ("250µs", "duration"),
            ("1d", "string"),
            ("1KiB", "bytes"),
            ("7 kB", "bytes"),
            ("1,234", "bytes"),
            ("45%", "string"),
            ("10.0.0.7", "string"),
            ("", "string"),
        ] {
            assert_eq!(ValueType::of(text).name(), name, "{text}");
        }
    }
}
