//! Which columns of a segment hold the fields of a query.

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use traceql::{Field, Intrinsic, Scope};

use crate::columns::dedicated::{self, DedicatedColumn, Kind};
use crate::columns::notes::AttributeKeys;
use crate::columns::{
    DURATION, KIND, NAME, RESOURCE, SCOPE, SERVICE_NAME, SPAN_PREFIX, START_TIME, STATUS_CODE, STATUS_MESSAGE,
};

/// Where a field's values are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// No span of the segment has it.
    Absent,
    /// A dictionary of texts; a row without one has none, or the empty one.
    Texts {
        column: String,
        null_is_empty: bool,
    },
    Ints(String),
    Doubles(String),
    Bools(String),
    Status,
    Kind,
    /// In the messages of resources.
    Resource,
    /// In the messages of instrumentation scopes.
    Scope,
    /// Follows from the times of a span.
    Duration,
}

impl Source {
    fn column(&self) -> Option<&str> {
        match self {
            Self::Absent => None,
            Self::Texts { column, .. } | Self::Ints(column) | Self::Doubles(column) | Self::Bools(column) => {
                Some(column)
            }
            Self::Status => Some(STATUS_CODE),
            Self::Kind => Some(KIND),
            Self::Resource => Some(RESOURCE),
            Self::Scope => Some(SCOPE),
            Self::Duration => Some(DURATION),
        }
    }
}

/// The columns of a segment that hold some fields.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(super) sources: Vec<Source>,
    projection: ProjectionMask,
}

impl Binding {
    /// `None` if some field has values that are in no column of their own.
    pub(crate) fn new(fields: &[Field], footer: &ArrowReaderMetadata) -> Option<Self> {
        let notes = Notes {
            dedicated: dedicated::from_footer(footer.metadata()),
            keys: AttributeKeys::from_footer(footer.metadata()),
        };
        let sources: Vec<Source> = fields.iter().map(|field| notes.source(field)).collect::<Option<_>>()?;
        let schema = footer.parquet_schema();
        let wanted =
            |name: &str| name == START_TIME || sources.iter().any(|source| source.column() == Some(name));
        let roots = schema.root_schema().get_fields().iter().enumerate();
        let roots = roots.filter(|(_, field)| wanted(field.name())).map(|(at, _)| at);
        let projection = ProjectionMask::roots(schema, roots);
        Some(Self { sources, projection })
    }

    /// What to read.
    pub(crate) fn projection(&self) -> ProjectionMask {
        self.projection.clone()
    }
}

/// What the footer tells.
struct Notes {
    dedicated: Vec<DedicatedColumn>,
    keys: Option<AttributeKeys>,
}

impl Notes {
    fn source(&self, field: &Field) -> Option<Source> {
        let text = |column: &str| Source::Texts { column: column.to_owned(), null_is_empty: true };
        Some(match field {
            Field::Intrinsic(intrinsic) => match intrinsic {
                Intrinsic::Name => text(NAME),
                Intrinsic::StatusMessage => text(STATUS_MESSAGE),
                Intrinsic::Status => Source::Status,
                Intrinsic::Kind => Source::Kind,
                Intrinsic::Duration => Source::Duration,
                Intrinsic::InstrumentationName | Intrinsic::InstrumentationVersion => Source::Scope,
                _ => return None,
            },
            Field::Attribute { scope: Scope::Resource, name } if &**name == "service.name" => {
                text(SERVICE_NAME)
            }
            Field::Attribute { scope, name } => match scope {
                Scope::Resource => Source::Resource,
                Scope::Instrumentation => Source::Scope,
                Scope::Span => self.span(name)?,
                // The span's own value goes before the resource's.
                Scope::Any => match self.span(name)? {
                    Source::Absent => Source::Resource,
                    own => match &self.keys {
                        Some(keys) if !keys.resource.contains(&**name) && &**name != "service.name" => own,
                        _ => return None,
                    },
                },
                Scope::Event | Scope::Link => return None,
            },
        })
    }

    fn span(&self, key: &str) -> Option<Source> {
        if self.keys.as_ref().is_some_and(|keys| !keys.span.contains(key)) {
            return Some(Source::Absent);
        }
        let column = self.dedicated.iter().find(|column| column.key == key && !column.elsewhere)?;
        let name = format!("{SPAN_PREFIX}{key}");
        Some(match column.kind {
            Kind::String => Source::Texts { column: name, null_is_empty: false },
            Kind::Int => Source::Ints(name),
            Kind::Double => Source::Doubles(name),
            Kind::Bool => Source::Bools(name),
        })
    }
}
