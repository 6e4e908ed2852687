//! Which fields the newest lines of a query have: for lists that are offered to people.
//!
//! Structured metadata, what the query has parsed, and what is found when the lines are read as JSON or logfmt. Only so
//! many lines are looked at, however much is stored.

use std::borrow::Cow;

use logql::{FieldFinder, FieldParser, LogEntry, LogPlan};
use model::TimeRange;

use super::budget::{Budget, QueryError};
use super::run::{Context, run_log};

mod detect;
mod distinct;

pub(crate) use detect::DetectedField;
use detect::Detector;

/// Entries between two looks at the budget.
const CHECK_ENTRIES: usize = 64;

/// The fields of the entries that `plan` finds, by name; of more than `limit` fields the first ones met.
pub(crate) async fn detect_fields(
    context: Context,
    plan: LogPlan,
    range: TimeRange,
    limit: usize,
) -> Result<Vec<DetectedField>, QueryError> {
    let detector = visited(context, plan, range, Detector::new(limit)).await?;
    Ok(detector.finish())
}

/// The values of one of these fields, sorted.
pub(crate) async fn field_values(
    context: Context,
    plan: LogPlan,
    range: TimeRange,
    name: String,
    limit: usize,
) -> Result<Vec<String>, QueryError> {
    let values = Values { name, limit, found: std::collections::BTreeSet::new() };
    Ok(visited(context, plan, range, values).await?.found.into_iter().collect())
}

/// Takes the fields of entries.
trait Visitor {
    /// Whether [`Self::path`] is to be called.
    const PATHS: bool;

    /// A field of an entry. The parser is that which could read the line; metadata has none.
    fn field(&mut self, name: &str, value: &str, parser: Option<FieldParser>);

    /// The keys that lead to a field of a JSON line.
    fn path(&mut self, name: &str, path: &[Cow<'_, str>]);

    /// Whether further entries can add something.
    fn wants_more(&self) -> bool;
}

async fn visited<V: Visitor + Send + 'static>(
    context: Context,
    plan: LogPlan,
    range: TimeRange,
    mut visitor: V,
) -> Result<V, QueryError> {
    let budget = context.budget.clone();
    let (entries, _) = run_log(context, plan, range).await?;
    let done = tokio::task::spawn_blocking(move || {
        visit(entries, &budget, &mut visitor)?;
        Ok(visitor)
    });
    done.await.map_err(|error| QueryError::Internal(error.to_string()))?
}

/// Goes through the entries as Loki has them before it: label set by label set, each of them newest first. The last
/// value of a field decides about its type, so the order shows.
fn visit(mut entries: Vec<LogEntry>, budget: &Budget, visitor: &mut impl Visitor) -> Result<(), QueryError> {
    entries.sort_by_cached_key(|entry| entry.labels.merged().to_string());
    let mut finder = FieldFinder::default();
    let mut stream = None;
    for (at, entry) in entries.iter().enumerate() {
        if at.is_multiple_of(CHECK_ENTRIES) {
            budget.check()?;
        }
        if !visitor.wants_more() {
            break;
        }
        if stream != Some(&entry.labels.stream) {
            finder.begin_stream(&entry.labels.stream);
            stream = Some(&entry.labels.stream);
        }
        visit_entry(entry, &mut finder, visitor);
    }
    Ok(())
}

fn visit_entry<V: Visitor>(entry: &LogEntry, finder: &mut FieldFinder, visitor: &mut V) {
    const ERRORS: [&str; 2] = ["__error__", "__error_details__"];
    for (name, value) in entry.labels.metadata.iter() {
        visitor.field(name, value, None);
    }
    let found = finder.find(&entry.line);
    let parser = Some(found.parser());
    for (name, value) in entry.labels.parsed.iter().filter(|(name, _)| !ERRORS.contains(name)) {
        visitor.field(name, value, parser);
    }
    found.for_each(|name, value| visitor.field(name, value, parser));
    if V::PATHS {
        found.for_each_json_path(|name, path| visitor.path(name, path));
    }
}

/// Gathers the values of one field.
struct Values {
    name: String,
    limit: usize,
    found: std::collections::BTreeSet<String>,
}

impl Visitor for Values {
    const PATHS: bool = false;

    fn field(&mut self, name: &str, value: &str, _parser: Option<FieldParser>) {
        if name == self.name && self.wants_more() && !self.found.contains(value) {
            self.found.insert(value.to_owned());
        }
    }

    fn path(&mut self, _name: &str, _path: &[Cow<'_, str>]) {}

    fn wants_more(&self) -> bool {
        self.found.len() < self.limit
    }
}
