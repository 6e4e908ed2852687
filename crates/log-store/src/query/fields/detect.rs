//! What is known about each field: its type, how many values it has, and how it is got at.

use std::borrow::Cow;

use ahash::AHashMap;
use logql::{FieldParser, ValueType};

use super::Visitor;
use super::distinct::Distinct;

/// More fields are not told apart, whatever the request says: each of them costs memory.
const MAX_FIELDS: usize = 10_000;

/// A field of some lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DetectedField {
    pub name: String,
    pub kind: ValueType,
    /// How many values it has, roughly where they are many.
    pub cardinality: u64,
    /// The parsers that give it; none for structured metadata.
    pub parsers: Vec<FieldParser>,
    /// The keys that lead to it in JSON lines.
    pub json_path: Option<Vec<String>>,
}

/// Gathers fields.
pub(super) struct Detector {
    limit: usize,
    fields: AHashMap<Box<str>, Known>,
}

struct Known {
    kind: ValueType,
    values: Distinct,
    parsers: Vec<FieldParser>,
    json_path: Option<Vec<String>>,
}

impl Detector {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: limit.min(MAX_FIELDS), fields: AHashMap::new() }
    }

    pub(super) fn finish(self) -> Vec<DetectedField> {
        let field = |(name, known): (Box<str>, Known)| DetectedField {
            name: name.into(),
            kind: known.kind,
            cardinality: known.values.count(),
            parsers: known.parsers,
            json_path: known.json_path,
        };
        let mut fields: Vec<DetectedField> = self.fields.into_iter().map(field).collect();
        fields.sort_by(|left, right| left.name.cmp(&right.name));
        fields
    }

    fn known(&mut self, name: &str) -> Option<&mut Known> {
        if !self.fields.contains_key(name) && self.fields.len() < self.limit {
            let new = Known {
                kind: ValueType::String,
                values: Distinct::default(),
                parsers: Vec::new(),
                json_path: None,
            };
            self.fields.insert(name.into(), new);
        }
        self.fields.get_mut(name)
    }
}

impl Visitor for Detector {
    const PATHS: bool = true;

    fn field(&mut self, name: &str, value: &str, parser: Option<FieldParser>) {
        let Some(known) = self.known(name) else { return };
        known.kind = ValueType::of(value);
        known.values.insert(value);
        if let Some(parser) = parser
            && !known.parsers.contains(&parser)
        {
            known.parsers.push(parser);
        }
    }

    fn path(&mut self, name: &str, path: &[Cow<'_, str>]) {
        if let Some(known) = self.fields.get_mut(name)
            && known.json_path.as_ref().is_none_or(|known| !known.iter().eq(path))
        {
            known.json_path = Some(path.iter().map(|key| key.clone().into_owned()).collect());
        }
    }

    fn wants_more(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_decides_and_parsers_add_up() {
        let mut detector = Detector::new(2);
        detector.field("a", "1", Some(FieldParser::Json));
        detector.path("a", &["A".into()]);
        detector.field("m", "x", None);
        detector.field("a", "2s", Some(FieldParser::Logfmt));
        detector.field("a", "2s", Some(FieldParser::Logfmt));
        detector.field("one too many", "1", None);
        detector.path("one too many", &["x".into()]);
        let field =
            |name: &str, kind, cardinality, parsers: &[FieldParser], path: Option<&str>| DetectedField {
                name: name.to_owned(),
                kind,
                cardinality,
                parsers: parsers.to_vec(),
                json_path: path.map(|key| vec![key.to_owned()]),
            };
        let both = [FieldParser::Json, FieldParser::Logfmt];
        assert_eq!(
            detector.finish(),
            [
                field("a", ValueType::Duration, 2, &both, Some("A")),
                field("m", ValueType::String, 1, &[], None)
            ]
        );
    }
}
