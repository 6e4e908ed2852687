//! Values as stores hand them in: borrowed, so that evaluating a query copies no text.

use std::fmt;

/// Status of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Error,
    Ok,
    Unset,
}

impl Status {
    /// From OTLP's number; what is unknown counts as unset.
    pub fn from_otlp(code: i32) -> Self {
        match code {
            1 => Self::Ok,
            2 => Self::Error,
            _ => Self::Unset,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Ok => "ok",
            Self::Unset => "unset",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Error, Self::Ok, Self::Unset].into_iter().find(|status| status.name() == name)
    }
}

/// Kind of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Unspecified, Self::Internal, Self::Server, Self::Client, Self::Producer, Self::Consumer];

    /// From OTLP's number; what is unknown counts as unspecified.
    pub fn from_otlp(code: i32) -> Self {
        usize::try_from(code).ok().and_then(|code| Self::ALL.get(code).copied()).unwrap_or(Self::Unspecified)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An attribute that is a list of scalars of one type. Empty lists and lists of mixed types have no value in TraceQL:
/// stores hand in [`Value::Nil`] for them, as for key-value lists and bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum Array {
    Strings(Vec<Box<str>>),
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    Bools(Vec<bool>),
}

impl Array {
    pub fn len(&self) -> usize {
        match self {
            Self::Strings(list) => list.len(),
            Self::Ints(list) => list.len(),
            Self::Floats(list) => list.len(),
            Self::Bools(list) => list.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One element; [`Value::Nil`] behind the end.
    pub fn get(&self, at: usize) -> Value<'_> {
        match self {
            Self::Strings(list) => list.get(at).map_or(Value::Nil, |text| Value::Str(text)),
            Self::Ints(list) => list.get(at).map_or(Value::Nil, |number| Value::Int(*number)),
            Self::Floats(list) => list.get(at).map_or(Value::Nil, |number| Value::Float(*number)),
            Self::Bools(list) => list.get(at).map_or(Value::Nil, |value| Value::Bool(*value)),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = Value<'_>> {
        (0..self.len()).map(|at| self.get(at))
    }
}

/// The value of a field of a span, an event or a link.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Value<'a> {
    /// The field is absent.
    #[default]
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Nanoseconds.
    Duration(i64),
    Status(Status),
    Kind(Kind),
    Str(&'a str),
    /// Bytes of a trace or span id, which are text in TraceQL: hexadecimal digits.
    Id(&'a [u8]),
    /// At least one element. Lists of one element behave like that element.
    Array(&'a Array),
}

impl Value<'_> {
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// Numbers and durations, as far as they mean a number.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Int(number) | Self::Duration(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Array(list) if list.len() == 1 => list.get(0).number(),
            _ => None,
        }
    }
}

/// Hexadecimal digits of an id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
