//! Which attributes there are, and which values they have.

mod filter;
mod roots;
mod shape;
mod values;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::scan::{Sources, Wanted, fold, open};
use super::traceql::columns_of;
use super::{Guard, QueryError};
use crate::columns::Columns;
use crate::columns::notes::AttributeKeys;
use crate::store::Store;

pub(crate) use filter::TagFilter;
pub(crate) use values::{Intrinsic, Tag, tag_values};

/// Where an attribute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Resource,
    Span,
    Event,
    Link,
    Instrumentation,
}

impl Scope {
    pub(crate) const ALL: [Self; 5] =
        [Self::Resource, Self::Span, Self::Event, Self::Link, Self::Instrumentation];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Span => "span",
            Self::Event => "event",
            Self::Link => "link",
            Self::Instrumentation => "instrumentation",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

impl AttributeKeys {
    pub(crate) fn in_scope(&self, scope: Scope) -> &BTreeSet<String> {
        match scope {
            Scope::Resource => &self.resource,
            Scope::Span => &self.span,
            Scope::Event => &self.event,
            Scope::Link => &self.link,
            Scope::Instrumentation => &self.scope,
        }
    }
}

/// The attribute keys of all spans in some sources.
pub(crate) async fn attribute_keys(
    store: &Arc<Store>,
    sources: &Sources,
    filter: Option<&TagFilter>,
    guard: &Arc<Guard>,
) -> Result<AttributeKeys, QueryError> {
    let mut keys = AttributeKeys::default();
    let mut unnoted = Vec::new();
    for meta in &sources.segments {
        guard.check()?;
        let Some(segment) = open(store, meta).await? else { continue };
        match AttributeKeys::from_footer(segment.footer.metadata()) {
            Some(noted) if filter.is_none() => keys.merge(noted),
            _ => unnoted.push(Arc::clone(meta)),
        }
    }
    let rest = Sources { batches: sources.batches.clone(), segments: unnoted };
    let columns = Columns {
        resource: true,
        scope: true,
        attributes: true,
        events: true,
        links: true,
        ..Columns::default()
    };
    let columns = filter.map_or(columns, |filter| columns.and(columns_of(filter.fields())));
    let filter = filter.cloned();
    let wanted = Wanted { columns, traces: None, ..Wanted::default() };
    fold(
        store,
        &rest,
        &wanted,
        guard,
        move |found: &mut AttributeKeys, batch, rows| match &filter {
            None => found.merge(AttributeKeys::of_rows(batch, rows)),
            Some(filter) => {
                found.merge(AttributeKeys::of_rows(batch, filter.passing(batch, rows).into_iter()));
            }
        },
        |found| {
            keys.merge(found);
            Ok(())
        },
    )
    .await?;
    Ok(keys)
}
