//! Values that templates compute with.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use crate::number::General;
use crate::time::Time;

/// What a template sees and makes. Clones share what they hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    #[default]
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    Time(Time),
    /// Go's `map[string]string`: what is not in it is empty, not missing.
    Texts(Arc<BTreeMap<String, String>>),
    List(Arc<Vec<Value>>),
    /// Go's `map[string]any`: what is not in it is [`Value::Nil`].
    Map(Arc<BTreeMap<String, Value>>),
    /// Go's structs: a field that is not in it is a mistake in the template.
    Record(Arc<Record>),
}

/// Named fields, and optionally how the whole prints.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    pub fields: BTreeMap<String, Value>,
    pub shown: Option<String>,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Vec<Value>> for Value {
    fn from(list: Vec<Value>) -> Self {
        Self::List(Arc::new(list))
    }
}

impl From<BTreeMap<String, String>> for Value {
    fn from(texts: BTreeMap<String, String>) -> Self {
        Self::Texts(Arc::new(texts))
    }
}

impl From<BTreeMap<String, Value>> for Value {
    fn from(map: BTreeMap<String, Value>) -> Self {
        Self::Map(Arc::new(map))
    }
}

impl Value {
    /// A struct with these fields.
    pub fn record<'n>(fields: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self::Record(Arc::new(Record { fields, shown: None }))
    }

    /// The name of the type in Go.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Time(_) => "time.Time",
            Self::Texts(_) => "map[string]string",
            Self::List(_) => "[]interface {}",
            Self::Map(_) => "map[string]interface {}",
            Self::Record(_) => "struct",
        }
    }

    /// Whether `if` takes the value for true: anything but zero, nothing and emptiness.
    #[must_use]
    pub fn truth(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Time(_) | Self::Record(_) => true,
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Texts(texts) => !texts.is_empty(),
        }
    }

    /// The text, or an error that says what it is instead.
    pub fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Nil => Err("invalid value; expected string".to_owned()),
            other => Err(format!("wrong type for value; expected string; got {}", other.type_name())),
        }
    }

    /// A number, or a text that is one.
    pub fn number(&self) -> Result<f64, String> {
        match self {
            Self::Float(value) => Ok(*value),
            Self::Int(value) => Ok(*value as f64),
            Self::Text(text) => text.trim().parse().map_err(|_| format!("{text:?} is no number")),
            // A query's result, which prints as its number.
            Self::Record(record) => match record.fields.get("Value") {
                Some(Self::Float(value)) => Ok(*value),
                _ => Err("can't convert struct to float".to_owned()),
            },
            other => Err(format!("can't convert {} to float", other.type_name())),
        }
    }

    /// Anything that looks like a whole number, else 0.
    pub(crate) fn to_int(&self) -> i64 {
        match self {
            Self::Int(value) => *value,
            Self::Float(value) => *value as i64,
            Self::Bool(value) => i64::from(*value),
            Self::Text(text) => text.parse().unwrap_or(0),
            _ => 0,
        }
    }
}

impl Display for Value {
    /// As `%v` does.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("<no value>"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => General(*value).fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Time(time) => time.fmt(f),
            Self::List(list) => {
                f.write_str("[")?;
                for (at, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if at > 0 { " " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Map(map) => write_map(map.iter(), f),
            Self::Texts(texts) => write_map(texts.iter(), f),
            Self::Record(record) => match &record.shown {
                Some(shown) => f.write_str(shown),
                None => {
                    f.write_str("{")?;
                    for (at, value) in record.fields.values().enumerate() {
                        write!(f, "{}{value}", if at > 0 { " " } else { "" })?;
                    }
                    f.write_str("}")
                }
            },
        }
    }
}

fn write_map<'m>(
    entries: impl Iterator<Item = (&'m String, impl Display)>,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    f.write_str("map[")?;
    for (at, (key, value)) in entries.enumerate() {
        write!(f, "{}{key}:{value}", if at > 0 { " " } else { "" })?;
    }
    f.write_str("]")
}
