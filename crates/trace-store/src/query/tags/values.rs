//! The values of one attribute or intrinsic.

mod distinct;

use std::collections::BTreeSet;
use std::sync::Arc;

use protocols::tempo::TagValue;

use self::distinct::Distinct;
use super::roots::{RootField, root_values};
use super::shape::shape_values;
use super::{Scope, TagFilter};
use crate::batch::{Run, SpanBatch, SpanRow, StringId};
use crate::columns::Columns;
use crate::query::scan::{RowIndices, Sources, Wanted, fold};
use crate::query::traceql::columns_of;
use crate::query::{Guard, QueryError};
use crate::store::Store;

const SERVICE_NAME: &str = "service.name";

/// Fields that every span has, as far as they have values worth listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intrinsic {
    Name,
    Status,
    StatusMessage,
    Kind,
    RootName,
    RootServiceName,
    EventName,
    InstrumentationName,
    InstrumentationVersion,
    /// Numbers that follow from the shape of a trace.
    ChildCount,
    NestedSetLeft,
    NestedSetRight,
    NestedSetParent,
    EventTimeSinceStart,
    /// Durations, ids and the like: known, but without a list of values.
    Unlisted,
}

impl Intrinsic {
    /// By any of its names in TraceQL.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "name" | "span:name" => Self::Name,
            "status" | "span:status" => Self::Status,
            "statusMessage" | "span:statusMessage" => Self::StatusMessage,
            "kind" | "span:kind" => Self::Kind,
            "rootName" | "trace:rootName" => Self::RootName,
            "rootServiceName" | "trace:rootService" => Self::RootServiceName,
            "event:name" => Self::EventName,
            "event:timeSinceStart" => Self::EventTimeSinceStart,
            "span:childCount" => Self::ChildCount,
            "nestedSetLeft" => Self::NestedSetLeft,
            "nestedSetRight" => Self::NestedSetRight,
            "nestedSetParent" => Self::NestedSetParent,
            "instrumentation:name" => Self::InstrumentationName,
            "instrumentation:version" => Self::InstrumentationVersion,
            "duration" | "span:duration" | "traceDuration" | "trace:duration" | "trace:id" | "span:id"
            | "span:parentID" | "link:spanID" | "link:traceID" => Self::Unlisted,
            _ => return None,
        })
    }

    /// Lists that do not depend on data.
    fn constants(self) -> &'static [&'static str] {
        match self {
            Self::Status => &["error", "ok", "unset"],
            Self::Kind => &["client", "consumer", "internal", "producer", "server", "unspecified"],
            Self::Name
            | Self::StatusMessage
            | Self::RootName
            | Self::RootServiceName
            | Self::EventName
            | Self::InstrumentationName
            | Self::InstrumentationVersion
            | Self::ChildCount
            | Self::NestedSetLeft
            | Self::NestedSetRight
            | Self::NestedSetParent
            | Self::EventTimeSinceStart
            | Self::Unlisted => &[],
        }
    }

    /// The field of TraceQL, for what depends on whole traces.
    fn of_shape(self) -> Option<&'static str> {
        Some(match self {
            Self::ChildCount => "span:childCount",
            Self::NestedSetLeft => "nestedSetLeft",
            Self::NestedSetRight => "nestedSetRight",
            Self::NestedSetParent => "nestedSetParent",
            _ => return None,
        })
    }
}

/// What values are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tag {
    Intrinsic(Intrinsic),
    /// `None` looks in spans and resources, as TraceQL does for `.key`.
    Attribute {
        scope: Option<Scope>,
        key: String,
    },
}

impl Tag {
    fn columns(&self) -> Columns {
        let none = Columns::default();
        match self {
            Self::Attribute { scope, .. } => Columns {
                resource: matches!(scope, None | Some(Scope::Resource)),
                attributes: matches!(scope, None | Some(Scope::Span)),
                events: *scope == Some(Scope::Event),
                links: *scope == Some(Scope::Link),
                scope: *scope == Some(Scope::Instrumentation),
                ..none
            },
            Self::Intrinsic(intrinsic) => match intrinsic {
                Intrinsic::Name => Columns { name: true, ..none },
                Intrinsic::StatusMessage => Columns { rest: true, ..none },
                Intrinsic::EventName | Intrinsic::EventTimeSinceStart => Columns { events: true, ..none },
                Intrinsic::InstrumentationName | Intrinsic::InstrumentationVersion => {
                    Columns { scope: true, ..none }
                }
                Intrinsic::RootName
                | Intrinsic::RootServiceName
                | Intrinsic::Status
                | Intrinsic::Kind
                | Intrinsic::ChildCount
                | Intrinsic::NestedSetLeft
                | Intrinsic::NestedSetRight
                | Intrinsic::NestedSetParent
                | Intrinsic::Unlisted => none,
            },
        }
    }
}

/// Distinct values within a budget.
#[derive(Debug, Default)]
pub(crate) struct TagValues {
    pub values: BTreeSet<TagValue>,
    bytes: usize,
}

impl TagValues {
    pub(in crate::query::tags) fn add(&mut self, kind: &str, value: String) {
        let value = TagValue { kind: kind.to_owned(), value };
        let bytes = value.kind.len() + value.value.len();
        if self.values.insert(value) {
            self.bytes += bytes;
        }
    }

    pub(in crate::query::tags) fn is_full(&self, budget: usize) -> bool {
        self.bytes >= budget
    }

    /// Adds `other`; what is beyond the budget is left out.
    fn merge(&mut self, other: Self, budget: usize) {
        for value in other.values {
            if self.bytes >= budget {
                return;
            }
            self.add(&value.kind.clone(), value.value);
        }
    }
}

/// The values of `tag` in some sources.
pub(crate) async fn tag_values(
    store: &Arc<Store>,
    sources: &Sources,
    tag: Tag,
    filter: Option<TagFilter>,
    guard: &Arc<Guard>,
) -> Result<TagValues, QueryError> {
    let mut values = TagValues::default();
    let budget = store.query_limits.tag_value_bytes;
    if let Tag::Intrinsic(intrinsic @ (Intrinsic::Status | Intrinsic::Kind | Intrinsic::Unlisted)) = tag {
        intrinsic.constants().iter().for_each(|value| values.add("keyword", (*value).to_owned()));
        return Ok(values);
    }
    if let Tag::Intrinsic(intrinsic @ (Intrinsic::RootName | Intrinsic::RootServiceName)) = tag {
        let field = if intrinsic == Intrinsic::RootName { RootField::Name } else { RootField::Service };
        root_values(store, sources, field, filter, guard, &mut values).await?;
        return Ok(values);
    }
    if let Tag::Intrinsic(intrinsic) = tag
        && let Some(field) = intrinsic.of_shape()
    {
        shape_values(store, sources, field, filter, guard, &mut values).await?;
        return Ok(values);
    }
    let columns =
        filter.as_ref().map_or(tag.columns(), |filter| tag.columns().and(columns_of(filter.fields())));
    let wanted = Wanted { columns, traces: None, ..Wanted::default() };
    fold(
        store,
        sources,
        &wanted,
        guard,
        move |found: &mut TagValues, batch, rows| {
            if found.bytes >= budget {
                return;
            }
            match &filter {
                None => collect(found, batch, &tag, rows),
                Some(filter) => collect(found, batch, &tag, &mut filter.passing(batch, rows).into_iter()),
            }
        },
        |found| {
            values.merge(found, budget);
            Ok(())
        },
    )
    .await?;
    Ok(values)
}

fn collect(found: &mut TagValues, batch: &SpanBatch, tag: &Tag, rows: RowIndices<'_>) {
    match tag {
        Tag::Intrinsic(Intrinsic::EventTimeSinceStart) => {
            for row in rows.map(|at| &batch.rows[at]) {
                for event in &batch.events[row.events.range()] {
                    let since = event.time.cast_signed().saturating_sub(row.start);
                    found.add("int", since.to_string());
                }
            }
        }
        Tag::Intrinsic(intrinsic) => {
            let mut seen = vec![false; batch.strings.len()];
            for at in rows {
                mark(batch, &batch.rows[at], *intrinsic, &mut |id| seen[id.0 as usize] = true);
            }
            let marked = batch.strings.iter().zip(seen).filter(|(_, seen)| *seen);
            marked.for_each(|(text, _)| found.add("string", text.to_owned()));
        }
        Tag::Attribute { scope, key } => {
            let rows: Vec<usize> = rows.collect();
            let of_resources = matches!(scope, None | Some(Scope::Resource));
            if key == SERVICE_NAME && of_resources && rows.iter().any(|at| has_no_service(batch, *at)) {
                found.add("string", String::new());
            }
            let Some(key) = batch.strings.find(key) else { return };
            let mut distinct = Distinct::new(batch, key);
            for at in rows {
                for_each_run(batch, &batch.rows[at], *scope, &mut |run| distinct.add(run));
            }
            distinct.finish(found);
        }
    }
}

/// A sender that does not say its name counts as one with an empty name.
fn has_no_service(batch: &SpanBatch, at: usize) -> bool {
    let attributes = batch.resource(&batch.rows[at]).attributes;
    !batch.attributes.of(attributes).any(|(key, _)| batch.text(key) == SERVICE_NAME)
}

/// Tells the ids of the texts that a row has for an intrinsic.
fn mark(batch: &SpanBatch, row: &SpanRow, intrinsic: Intrinsic, seen: &mut dyn FnMut(StringId)) {
    match intrinsic {
        Intrinsic::Name => seen(row.name),
        Intrinsic::StatusMessage => seen(row.status_message),
        Intrinsic::EventName => batch.events[row.events.range()].iter().for_each(|event| seen(event.name)),
        Intrinsic::InstrumentationName => seen(batch.scope(row).name),
        Intrinsic::InstrumentationVersion => seen(batch.scope(row).version),
        Intrinsic::RootName
        | Intrinsic::RootServiceName
        | Intrinsic::Status
        | Intrinsic::Kind
        | Intrinsic::ChildCount
        | Intrinsic::NestedSetLeft
        | Intrinsic::NestedSetRight
        | Intrinsic::NestedSetParent
        | Intrinsic::EventTimeSinceStart
        | Intrinsic::Unlisted => {}
    }
}

fn for_each_run(batch: &SpanBatch, row: &SpanRow, scope: Option<Scope>, visit: &mut dyn FnMut(Run)) {
    let events = || batch.events[row.events.range()].iter();
    let links = || batch.links[row.links.range()].iter();
    match scope {
        None => {
            visit(row.attributes);
            visit(batch.resource(row).attributes);
        }
        Some(Scope::Span) => visit(row.attributes),
        Some(Scope::Resource) => visit(batch.resource(row).attributes),
        Some(Scope::Instrumentation) => visit(batch.scope(row).attributes),
        Some(Scope::Event) => events().for_each(|event| visit(event.attributes)),
        Some(Scope::Link) => links().for_each(|link| visit(link.attributes)),
    }
}
