//! Conditions of a search by tags. A trace matches when each is met by some span of it.
//!
//! As in Tempo, values are compared as they are, and tags compare text attributes only; but of the three attributes that
//! hold well-known numbers it is the number that is compared.

use crate::batch::{Run, SpanBatch, SpanRow, StringId, Value};
use crate::columns::Columns;

/// Attributes that are numbers by convention.
const NUMERIC_KEYS: [&str; 3] = ["http.response.status_code", "http.status_code", "server.port"];
/// One bit each in a word.
pub(crate) const MAX_CONDITIONS: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Service(String),
    Name(String),
    Status(i32),
    RootService(String),
    RootName(String),
    /// An attribute of a span or its resource.
    Attribute {
        key: String,
        value: String,
    },
    /// Met by nothing, such as a status that does not exist.
    Never,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions(Vec<Condition>);

impl Conditions {
    /// `None` if there are too many.
    pub(crate) fn new(list: Vec<Condition>) -> Option<Self> {
        (list.len() <= MAX_CONDITIONS).then_some(Self(list))
    }

    /// The bits of all conditions that single spans meet; those on roots are left to [`Self::accept_root`].
    pub(crate) fn all(&self) -> u64 {
        let on_spans =
            |condition: &&Condition| !matches!(condition, Condition::RootName(_) | Condition::RootService(_));
        self.0.iter().enumerate().filter(|(_, condition)| on_spans(condition)).map(|(at, _)| 1 << at).sum()
    }

    pub(crate) fn accept_root(&self, service: &str, name: &str) -> bool {
        self.0.iter().all(|condition| match condition {
            Condition::RootService(wanted) => wanted == service,
            Condition::RootName(wanted) => wanted == name,
            Condition::Service(_)
            | Condition::Name(_)
            | Condition::Status(_)
            | Condition::Attribute { .. }
            | Condition::Never => true,
        })
    }

    pub(crate) fn columns(&self) -> Columns {
        let mut columns = Columns::default();
        for condition in &self.0 {
            match condition {
                Condition::Service(_) => columns.resource = true,
                Condition::Name(_) => columns.name = true,
                Condition::Status(_) => columns.status = true,
                Condition::Attribute { .. } => {
                    columns.resource = true;
                    columns.attributes = true;
                }
                Condition::RootService(_) | Condition::RootName(_) | Condition::Never => {}
            }
        }
        columns
    }

    /// The conditions in terms of a batch's ids.
    pub(crate) fn matcher<'a>(&self, batch: &'a SpanBatch) -> Matcher<'a> {
        let mut matcher = Matcher { batch, resources: vec![0; batch.resources.len()], spans: Vec::new() };
        for (at, condition) in self.0.iter().enumerate() {
            let bit = 1 << at;
            match condition {
                Condition::Service(name) => {
                    for (resource, met) in batch.resources.iter().zip(&mut matcher.resources) {
                        if batch.text(resource.service_name) == name {
                            *met |= bit;
                        }
                    }
                }
                Condition::Name(name) => {
                    matcher.spans.extend(batch.strings.find(name).map(|id| (bit, SpanTest::Name(id))));
                }
                Condition::Status(code) => matcher.spans.push((bit, SpanTest::Status(*code))),
                Condition::Attribute { key, value } => {
                    let Some(test) = AttributeTest::new(batch, key, value) else { continue };
                    for (resource, met) in batch.resources.iter().zip(&mut matcher.resources) {
                        if test.met_by(batch, resource.attributes) {
                            *met |= bit;
                        }
                    }
                    matcher.spans.push((bit, SpanTest::Attribute(test)));
                }
                Condition::RootService(_) | Condition::RootName(_) | Condition::Never => {}
            }
        }
        matcher
    }
}

#[derive(Debug)]
enum SpanTest {
    Name(StringId),
    Status(i32),
    Attribute(AttributeTest),
}

#[derive(Debug)]
struct AttributeTest {
    key: StringId,
    text: Option<StringId>,
    number: Option<i64>,
}

impl AttributeTest {
    fn new(batch: &SpanBatch, key: &str, value: &str) -> Option<Self> {
        let is_numeric = NUMERIC_KEYS.contains(&key);
        let number = if is_numeric { value.parse().ok() } else { None };
        let text = if is_numeric { None } else { batch.strings.find(value) };
        if text.is_none() && number.is_none() {
            return None;
        }
        Some(Self { key: batch.strings.find(key)?, text, number })
    }

    fn met_by(&self, batch: &SpanBatch, attributes: Run) -> bool {
        batch.attributes.of(attributes).any(|(key, value)| {
            key == self.key
                && match value {
                    Value::String(id) => Some(id) == self.text,
                    Value::Int(number) => Some(number) == self.number,
                    Value::Empty | Value::Double(_) | Value::Bool(_) | Value::Other(_) => false,
                }
        })
    }
}

/// Tests rows of one batch.
#[derive(Debug)]
pub(crate) struct Matcher<'a> {
    batch: &'a SpanBatch,
    /// What each resource meets.
    resources: Vec<u64>,
    spans: Vec<(u64, SpanTest)>,
}

impl Matcher<'_> {
    /// The bits of the conditions that a row meets.
    pub(crate) fn met(&self, row: &SpanRow) -> u64 {
        let mut met = self.resources[row.resource as usize];
        for (bit, test) in &self.spans {
            let passed = match test {
                SpanTest::Name(name) => row.name == *name,
                SpanTest::Status(code) => row.status == *code,
                SpanTest::Attribute(test) => met & bit == 0 && test.met_by(self.batch, row.attributes),
            };
            if passed {
                met |= bit;
            }
        }
        met
    }
}
