//! Which column of a segment holds a field's values.

use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use traceql::{Clause, Condition, Field, Intrinsic, Scope, Test, Value};

use super::{BoundClause, BoundFilter, Pushdown, Way};
use crate::columns::dedicated::{self, DedicatedColumn};
use crate::columns::notes::AttributeKeys;
use crate::columns::{
    DURATION, KIND, NAME, RESOURCE, SERVICE_NAME, SPAN_PREFIX, STATUS_CODE, STATUS_MESSAGE,
};

/// A condition on one column.
#[derive(Debug)]
pub(super) struct Bound {
    pub column: String,
    pub content: Content,
    pub test: Test,
    /// Whether a row without a value passes.
    pub passes_null: bool,
    /// All texts of the column, if they are known.
    pub texts: Option<Vec<String>>,
    /// Whether the column has Bloom filters.
    pub has_filter: bool,
}

/// What the values of a column mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Text,
    Int,
    Duration,
    Status,
    Kind,
    Double,
    Bool,
    /// A message that has the attribute of this key.
    Resource(String),
}

/// How a condition stands in a segment.
enum Binding {
    /// It cannot be decided by columns.
    Open,
    /// The same for all rows.
    Constant(bool),
    Columns(Vec<Bound>),
}

/// What the footer tells.
struct Notes {
    dedicated: Vec<DedicatedColumn>,
    keys: Option<AttributeKeys>,
}

/// Binds the filters to the columns of a segment.
pub(super) fn bind(pushdown: &Pushdown, footer: &ArrowReaderMetadata) -> Way {
    let notes = Notes {
        dedicated: dedicated::from_footer(footer.metadata()),
        keys: AttributeKeys::from_footer(footer.metadata()),
    };
    let mut filters = Vec::new();
    for filter in pushdown.filters.iter() {
        match notes.filter(&pushdown.fields, &filter.0) {
            None => {}
            Some(filter) if filter.0.is_empty() => return Way::Everything,
            Some(filter) => filters.push(filter),
        }
    }
    if filters.is_empty() { Way::Nothing } else { Way::Some(filters.into()) }
}

impl Notes {
    /// `None` if no row passes; without clauses if all may.
    fn filter(&self, fields: &[Field], clauses: &[Clause]) -> Option<BoundFilter> {
        let mut bound = Vec::new();
        for clause in clauses {
            match self.clause(fields, clause) {
                Binding::Open | Binding::Constant(true) => {}
                Binding::Constant(false) => return None,
                Binding::Columns(alternatives) => bound.push(BoundClause(alternatives)),
            }
        }
        Some(BoundFilter(bound))
    }

    fn clause(&self, fields: &[Field], clause: &Clause) -> Binding {
        let mut alternatives = Vec::new();
        for condition in &clause.0 {
            match self.condition(fields, condition) {
                Binding::Open => return Binding::Open,
                Binding::Constant(true) => return Binding::Constant(true),
                Binding::Constant(false) => {}
                Binding::Columns(bound) => alternatives.extend(bound),
            }
        }
        if alternatives.is_empty() { Binding::Constant(false) } else { Binding::Columns(alternatives) }
    }

    fn condition(&self, fields: &[Field], condition: &Condition) -> Binding {
        let test = &condition.test;
        let one = |column: &str, content, passes_null| {
            let (column, test) = (column.to_owned(), test.clone());
            Binding::Columns(vec![Bound {
                column,
                content,
                test,
                passes_null,
                texts: None,
                has_filter: false,
            }])
        };
        match fields.get(condition.field) {
            Some(Field::Intrinsic(intrinsic)) => match intrinsic {
                Intrinsic::Duration => one(DURATION, Content::Duration, true),
                Intrinsic::Status => one(STATUS_CODE, Content::Status, true),
                Intrinsic::Kind => one(KIND, Content::Kind, true),
                // Null is the empty text here: whatever that means to a test is for the query to say.
                Intrinsic::Name => one(NAME, Content::Text, true),
                Intrinsic::StatusMessage => one(STATUS_MESSAGE, Content::Text, true),
                _ => Binding::Open,
            },
            Some(Field::Attribute { scope, name }) => self.attribute(*scope, name, test),
            None => Binding::Open,
        }
    }

    fn attribute(&self, scope: Scope, key: &str, test: &Test) -> Binding {
        let passes_null = test.holds(Value::Nil);
        let has = |keys: fn(&AttributeKeys) -> &std::collections::BTreeSet<String>| {
            // A resource without a service has the empty one.
            key == "service.name" || self.keys.as_ref().is_none_or(|known| keys(known).contains(key))
        };
        match scope {
            Scope::Span => self.span_attribute(key, test),
            Scope::Resource => Self::resource_attribute(key, test),
            Scope::Any if passes_null => Binding::Open,
            Scope::Any => match (self.span_attribute(key, test), Self::resource_attribute(key, test)) {
                (Binding::Open, _) | (_, Binding::Open) => Binding::Open,
                (Binding::Constant(true), _) | (_, Binding::Constant(true)) => Binding::Constant(true),
                (Binding::Constant(false), other) | (other, Binding::Constant(false)) => {
                    if has(|keys| &keys.resource) { other } else { Binding::Constant(false) }
                }
                (Binding::Columns(mut span), Binding::Columns(resource)) => {
                    if has(|keys| &keys.resource) {
                        span.extend(resource);
                    }
                    Binding::Columns(span)
                }
            },
            Scope::Event if !passes_null && !has(|keys| &keys.event) => Binding::Constant(false),
            Scope::Link if !passes_null && !has(|keys| &keys.link) => Binding::Constant(false),
            Scope::Instrumentation if !passes_null && !has(|keys| &keys.scope) => Binding::Constant(false),
            Scope::Event | Scope::Link | Scope::Instrumentation => Binding::Open,
        }
    }

    fn span_attribute(&self, key: &str, test: &Test) -> Binding {
        let passes_null = test.holds(Value::Nil);
        if self.keys.as_ref().is_some_and(|keys| !keys.span.contains(key)) {
            return Binding::Constant(passes_null);
        }
        let Some(column) = self.dedicated.iter().find(|column| column.key == key) else {
            return Binding::Open;
        };
        if column.elsewhere {
            return Binding::Open;
        }
        let content = match column.kind {
            dedicated::Kind::String => Content::Text,
            dedicated::Kind::Int => Content::Int,
            dedicated::Kind::Double => Content::Double,
            dedicated::Kind::Bool => Content::Bool,
        };
        Binding::Columns(vec![Bound {
            column: format!("{SPAN_PREFIX}{key}"),
            has_filter: content == Content::Text && column.texts.is_none(),
            content,
            test: test.clone(),
            passes_null,
            texts: column.texts.clone(),
        }])
    }

    fn resource_attribute(key: &str, test: &Test) -> Binding {
        let (column, content) = if key == "service.name" {
            (SERVICE_NAME, Content::Text)
        } else {
            (RESOURCE, Content::Resource(key.to_owned()))
        };
        // A resource without a service has the empty one.
        let passes_null = key == "service.name" || test.holds(Value::Nil);
        let (column, test) = (column.to_owned(), test.clone());
        Binding::Columns(vec![Bound { column, content, test, passes_null, texts: None, has_filter: false }])
    }
}
