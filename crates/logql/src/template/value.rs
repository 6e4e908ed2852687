//! Values that templates compute with.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::rc::Rc;

use crate::gotext::float::General;
use crate::template::time::Time;

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    Time(Time),
    /// The labels of the line.
    Labels,
    /// Go's `map[string]string`: what is not in it is empty, not missing.
    Texts(Rc<BTreeMap<String, String>>),
    List(Rc<Vec<Value<'a>>>),
    Map(Rc<BTreeMap<String, Value<'a>>>),
}

impl<'a> From<&'a Constant> for Value<'a> {
    fn from(constant: &'a Constant) -> Self {
        match constant {
            Constant::Bool(value) => Self::Bool(*value),
            Constant::Int(value) => Self::Int(*value),
            Constant::Float(value) => Self::Float(*value),
            Constant::Text(text) => Self::Text(Cow::Borrowed(text)),
        }
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> Value<'a> {
    /// The name of the type in Go.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Time(_) => "time.Time",
            Self::Labels | Self::Texts(_) => "map[string]string",
            Self::List(_) => "[]interface {}",
            Self::Map(_) => "map[string]interface {}",
        }
    }

    /// Whether `if` takes the value for true: anything but zero, nothing and emptiness.
    pub(crate) fn truth(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Time(_) | Self::Labels => true,
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Texts(texts) => !texts.is_empty(),
        }
    }

    /// What `default` takes for empty.
    pub(crate) fn is_empty(&self) -> bool {
        !self.truth()
    }

    pub(crate) fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Nil => Err("invalid value; expected string".to_owned()),
            other => Err(format!("wrong type for value; expected string; got {}", other.type_name())),
        }
    }

    pub(crate) fn int(&self) -> Result<i64, String> {
        match self {
            Self::Int(value) => Ok(*value),
            other => Err(format!("wrong type for value; expected int; got {}", other.type_name())),
        }
    }

    pub(crate) fn time(&self) -> Result<Time, String> {
        match self {
            Self::Time(time) => Ok(*time),
            other => Err(format!("wrong type for value; expected time.Time; got {}", other.type_name())),
        }
    }

    /// Anything that looks like a whole number, else 0.
    pub(crate) fn to_int(&self) -> i64 {
        match self {
            Self::Int(value) => *value,
            Self::Float(value) => *value as i64,
            Self::Bool(value) => i64::from(*value),
            Self::Text(text) => parse_int(text),
            _ => 0,
        }
    }

    /// Anything that looks like a number, else 0.
    pub(crate) fn to_float(&self) -> f64 {
        match self {
            Self::Int(value) => *value as f64,
            Self::Float(value) => *value,
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Text(text) => crate::gotext::float::parse(text).unwrap_or(0.0),
            _ => 0.0,
        }
    }
}

/// Decimal, or with the prefixes `0x`, `0o` and `0b`; a fraction of zeros is cut.
fn parse_int(text: &str) -> i64 {
    let text = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        _ => text,
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let radix = |prefix: &str, radix| {
        let digits = digits.strip_prefix(prefix)?;
        i64::from_str_radix(digits, radix).ok()
    };
    let value = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| radix("0b", 2));
    value.or_else(|| digits.parse().ok()).unwrap_or(0) * sign
}

impl Display for Value<'_> {
    /// As `%v` does.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("<no value>"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => General(*value).fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Time(time) => time.fmt(f),
            Self::Labels => f.write_str("map[]"),
            Self::List(list) => {
                f.write_str("[")?;
                for (at, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if at > 0 { " " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Map(map) => write_map(map.iter(), f),
            Self::Texts(texts) => write_map(texts.iter(), f),
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

/// A JSON text as a value; `None` when it is none.
pub(crate) fn from_json(text: &str) -> Option<Value<'static>> {
    serde_json::from_str(text).ok().map(convert)
}

fn convert(value: serde_json::Value) -> Value<'static> {
    match value {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => Value::from(text),
        serde_json::Value::Array(list) => Value::List(Rc::new(list.into_iter().map(convert).collect())),
        serde_json::Value::Object(map) => {
            Value::Map(Rc::new(map.into_iter().map(|(key, value)| (key, convert(value))).collect()))
        }
    }
}
