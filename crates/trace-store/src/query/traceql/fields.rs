//! Which columns a query reads, and where a batch keeps a field.

use std::sync::Arc;

use traceql::{Field, Intrinsic, Scope};

use crate::batch::{SpanBatch, StringId};
use crate::columns::Columns;

pub(super) const SERVICE_NAME: &str = "service.name";

/// The columns that some fields need.
pub(crate) fn columns_of(fields: &[Field]) -> Columns {
    let mut columns = Columns::default();
    for field in fields {
        match field {
            Field::Attribute { scope, .. } => match scope {
                Scope::Any => {
                    columns.attributes = true;
                    columns.resource = true;
                }
                Scope::Span => columns.attributes = true,
                Scope::Resource => columns.resource = true,
                Scope::Event => columns.events = true,
                Scope::Link => columns.links = true,
                Scope::Instrumentation => columns.scope = true,
            },
            Field::Intrinsic(intrinsic) => match intrinsic {
                Intrinsic::Name => columns.name = true,
                Intrinsic::Status => columns.status = true,
                Intrinsic::StatusMessage => columns.rest = true,
                Intrinsic::Kind => columns.kind = true,
                Intrinsic::EventName | Intrinsic::EventTimeSinceStart => columns.events = true,
                Intrinsic::LinkTraceId | Intrinsic::LinkSpanId => columns.links = true,
                Intrinsic::InstrumentationName | Intrinsic::InstrumentationVersion => columns.scope = true,
                _ => {}
            },
        }
    }
    columns
}

/// The span attributes that some fields name.
pub(crate) fn keys_of(fields: &[Field]) -> Arc<[Box<str>]> {
    let key = |field: &Field| match field {
        Field::Attribute { scope: Scope::Any | Scope::Span, name } => Some(name.clone()),
        _ => None,
    };
    fields.iter().filter_map(key).collect()
}

/// Where a batch keeps a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The batch has no such key.
    Nowhere,
    Span(StringId),
    Resource(StringId),
    /// The span's attribute, or else the resource's.
    Any(StringId),
    /// The resource's `service.name`; with `any`, the span's before it. Absent is empty.
    Service {
        key: Option<StringId>,
        any: bool,
    },
    Event(StringId),
    Link(StringId),
    Instrumentation(StringId),
    Intrinsic(Intrinsic),
}

impl Place {
    pub(super) fn of(field: &Field, batch: &SpanBatch) -> Self {
        let Field::Attribute { scope, name } = field else {
            return match field {
                Field::Intrinsic(intrinsic) => Self::Intrinsic(*intrinsic),
                Field::Attribute { .. } => Self::Nowhere,
            };
        };
        let key = batch.strings.find(name);
        if &**name == SERVICE_NAME && matches!(scope, Scope::Any | Scope::Resource) {
            return Self::Service { key, any: *scope == Scope::Any };
        }
        let Some(key) = key else { return Self::Nowhere };
        match scope {
            Scope::Any => Self::Any(key),
            Scope::Span => Self::Span(key),
            Scope::Resource => Self::Resource(key),
            Scope::Event => Self::Event(key),
            Scope::Link => Self::Link(key),
            Scope::Instrumentation => Self::Instrumentation(key),
        }
    }

    pub(super) fn key(self) -> Option<StringId> {
        match self {
            Self::Span(key)
            | Self::Resource(key)
            | Self::Any(key)
            | Self::Event(key)
            | Self::Link(key)
            | Self::Instrumentation(key) => Some(key),
            Self::Service { key, .. } => key,
            Self::Nowhere | Self::Intrinsic(_) => None,
        }
    }
}
