//! What queries may ask about a span.

use std::fmt;

/// Where an attribute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// `.x`: the span's attribute, or the resource's if the span has none of that name.
    Any,
    Span,
    Resource,
    Event,
    Link,
    Instrumentation,
}

impl Scope {
    /// The prefix without its dot; empty for attributes without scope.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Span => "span",
            Self::Resource => "resource",
            Self::Event => "event",
            Self::Link => "link",
            Self::Instrumentation => "instrumentation",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Any, Self::Span, Self::Resource, Self::Event, Self::Link, Self::Instrumentation]
            .into_iter()
            .find(|scope| scope.name() == name)
    }
}

/// What a span has without attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Intrinsic {
    Duration,
    Name,
    Status,
    StatusMessage,
    Kind,
    SpanId,
    ParentId,
    ChildCount,
    TraceId,
    TraceDuration,
    RootName,
    RootService,
    NestedSetLeft,
    NestedSetRight,
    NestedSetParent,
    EventName,
    EventTimeSinceStart,
    LinkTraceId,
    LinkSpanId,
    InstrumentationName,
    InstrumentationVersion,
}

impl Intrinsic {
    /// Each with the name under which it is shown.
    pub const ALL: [(Self, &'static str); 21] = [
        (Self::Duration, "duration"),
        (Self::Name, "name"),
        (Self::Status, "status"),
        (Self::StatusMessage, "statusMessage"),
        (Self::Kind, "kind"),
        (Self::SpanId, "span:id"),
        (Self::ParentId, "span:parentID"),
        (Self::ChildCount, "span:childCount"),
        (Self::TraceId, "trace:id"),
        (Self::TraceDuration, "traceDuration"),
        (Self::RootName, "rootName"),
        (Self::RootService, "rootServiceName"),
        (Self::NestedSetLeft, "nestedSetLeft"),
        (Self::NestedSetRight, "nestedSetRight"),
        (Self::NestedSetParent, "nestedSetParent"),
        (Self::EventName, "event:name"),
        (Self::EventTimeSinceStart, "event:timeSinceStart"),
        (Self::LinkTraceId, "link:traceID"),
        (Self::LinkSpanId, "link:spanID"),
        (Self::InstrumentationName, "instrumentation:name"),
        (Self::InstrumentationVersion, "instrumentation:version"),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(intrinsic, _)| *intrinsic == self).map_or("", |(_, name)| name)
    }

    /// By any of its names.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "span:duration" => Self::Duration,
            "span:name" => Self::Name,
            "span:status" => Self::Status,
            "span:statusMessage" => Self::StatusMessage,
            "span:kind" => Self::Kind,
            "trace:duration" => Self::TraceDuration,
            "trace:rootName" => Self::RootName,
            "trace:rootService" => Self::RootService,
            _ => return Self::ALL.iter().find(|(_, known)| *known == name).map(|(intrinsic, _)| *intrinsic),
        })
    }
}

/// A field that a query names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    Intrinsic(Intrinsic),
    Attribute { scope: Scope, name: Box<str> },
}

/// What may have several values per span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// One value per span.
    Span,
    /// One per event.
    Event,
    /// One per link.
    Link,
}

impl Field {
    pub fn attribute(scope: Scope, name: impl Into<Box<str>>) -> Self {
        Self::Attribute { scope, name: name.into() }
    }

    /// Whether spans have one value of this field, or one for each event or link.
    pub fn level(&self) -> Level {
        match self {
            Self::Attribute { scope: Scope::Event, .. }
            | Self::Intrinsic(Intrinsic::EventName | Intrinsic::EventTimeSinceStart) => Level::Event,
            Self::Attribute { scope: Scope::Link, .. }
            | Self::Intrinsic(Intrinsic::LinkTraceId | Intrinsic::LinkSpanId) => Level::Link,
            _ => Level::Span,
        }
    }

    /// Whether a store is asked for the field's values by [`crate::Spans::value`] and its like. The others follow from
    /// ids, times and the shape of a trace, which are asked for by functions of their own.
    pub fn is_stored(&self) -> bool {
        match self {
            Self::Attribute { .. } => true,
            Self::Intrinsic(intrinsic) => !matches!(
                intrinsic,
                Intrinsic::Duration
                    | Intrinsic::SpanId
                    | Intrinsic::ParentId
                    | Intrinsic::TraceId
                    | Intrinsic::ChildCount
                    | Intrinsic::TraceDuration
                    | Intrinsic::RootName
                    | Intrinsic::RootService
                    | Intrinsic::NestedSetLeft
                    | Intrinsic::NestedSetRight
                    | Intrinsic::NestedSetParent
            ),
        }
    }

    /// Whether the field's value depends on other spans of the trace, so that no row can tell it alone.
    pub fn needs_trace(&self) -> bool {
        matches!(
            self,
            Self::Intrinsic(
                Intrinsic::ChildCount
                    | Intrinsic::TraceDuration
                    | Intrinsic::RootName
                    | Intrinsic::RootService
                    | Intrinsic::NestedSetLeft
                    | Intrinsic::NestedSetRight
                    | Intrinsic::NestedSetParent
            )
        )
    }

    /// The name under which results show the field: without its scope.
    pub fn short_name(&self) -> &str {
        match self {
            Self::Intrinsic(intrinsic) => intrinsic.name(),
            Self::Attribute { name, .. } => name,
        }
    }
}

/// Whether an attribute's name can stand without quotes.
pub(crate) fn is_plain_name(name: &str) -> bool {
    name.chars().next().is_some_and(|first| !first.is_ascii_digit()) && name.chars().all(is_name_char)
}

/// What an unquoted attribute name may hold.
pub(crate) fn is_name_char(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(c, '{' | '}' | '(' | ')' | '=' | '~' | '!' | '<' | '>' | '&' | '|' | '^' | ',' | '"')
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intrinsic(intrinsic) => f.write_str(intrinsic.name()),
            Self::Attribute { scope, name } => {
                write!(f, "{}.", scope.name())?;
                if is_plain_name(name) {
                    return f.write_str(name);
                }
                f.write_str("\"")?;
                for c in name.chars() {
                    if matches!(c, '"' | '\\') {
                        f.write_str("\\")?;
                    }
                    write!(f, "{c}")?;
                }
                f.write_str("\"")
            }
        }
    }
}
