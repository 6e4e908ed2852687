//! `labels`, `static_labels`, `labeldrop`, `labelallow`: which labels an entry has.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::entry::Entry;
use crate::labels::is_label_name;
use crate::pipeline::{Context, Stage, Verdict};

/// A label or metadata name, and the extracted value it takes.
pub(super) type Mapping = Vec<(Arc<str>, String)>;

/// Checks names; a name without a source takes the value of its own name.
pub(super) fn mapping(map: &BTreeMap<String, Option<String>>) -> Result<Mapping, String> {
    if map.is_empty() {
        return Err("needs at least one name".to_owned());
    }
    let pair = |(name, source): (&String, &Option<String>)| {
        if !is_label_name(name) {
            return Err(format!("{name:?} is not a label name: letters, digits and _, not a digit first"));
        }
        let source = source.as_deref().filter(|source| !source.is_empty()).unwrap_or(name);
        Ok((Arc::from(name.as_str()), source.to_owned()))
    };
    map.iter().map(pair).collect()
}

/// Makes extracted values labels.
pub struct Labels(Mapping);

impl Labels {
    pub fn new(map: &BTreeMap<String, Option<String>>) -> Result<Self, String> {
        mapping(map).map(Self)
    }
}

impl Stage for Labels {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        for (name, source) in &self.0 {
            match entry.extracted.get(source) {
                Some(value) => {
                    if let Some(text) = value.as_text() {
                        entry.labels.set(name, &text);
                    }
                }
                None => {
                    if let Some(text) = entry.text(source).map(|text| text.into_owned()) {
                        entry.labels.set(name, &text);
                    }
                }
            }
        }
        Verdict::Pass
    }
}

/// Sets labels to fixed values; an empty value removes the label.
pub struct StaticLabels(Vec<(Arc<str>, String)>);

impl StaticLabels {
    pub fn new(map: &BTreeMap<String, Option<String>>) -> Result<Self, String> {
        mapping(map)?;
        let pairs =
            map.iter().map(|(name, value)| (Arc::from(name.as_str()), value.clone().unwrap_or_default()));
        Ok(Self(pairs.collect()))
    }
}

impl Stage for StaticLabels {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        for (name, value) in &self.0 {
            entry.labels.set(name, value);
        }
        Verdict::Pass
    }
}

/// Removes labels.
pub struct LabelDrop(Vec<String>);

impl LabelDrop {
    pub fn new(names: &[String]) -> Self {
        Self(names.to_vec())
    }
}

impl Stage for LabelDrop {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        for name in &self.0 {
            entry.labels.remove(name);
        }
        Verdict::Pass
    }
}

/// Removes all other labels.
pub struct LabelAllow(Vec<String>);

impl LabelAllow {
    pub fn new(names: &[String]) -> Self {
        Self(names.to_vec())
    }
}

impl Stage for LabelAllow {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        entry.labels.retain(|name, _| self.0.iter().any(|allowed| allowed == name));
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, table};

    #[test]
    fn extracted_values_become_labels() {
        table(
            "[{json: {expressions: {level: , service: , status: }}}, {labels: {level: , service_name: service, code: status, file: filename}}]",
            &[
                (
                    r#"{"level":"info","service":"shop","status":200}"#,
                    r#"{"level":"info","service":"shop","status":200} | {code="200", file="/logs/app.log", filename="/logs/app.log", job="test", level="info", service_name="shop"}"#,
                ),
                (
                    r#"{"level":null,"service":""}"#,
                    r#"{"level":null,"service":""} | {file="/logs/app.log", filename="/logs/app.log", job="test"}"#,
                ),
            ],
        );
    }

    #[test]
    fn fixed_dropped_and_allowed() {
        table(
            "[{static_labels: {env: lab, job: }}]",
            &[("x", r#"x | {env="lab", filename="/logs/app.log"}"#)],
        );
        table("[{labeldrop: [filename, nope]}]", &[("x", r#"x | {job="test"}"#)]);
        table("[{labelallow: [filename]}]", &[("x", r#"x | {filename="/logs/app.log"}"#)]);
    }

    #[test]
    fn names_are_checked() {
        assert!(problem("[{labels: {'a-b': }}]").contains("a-b"));
        assert!(problem("[{static_labels: {'9': x}}]").contains("not a label name"));
    }
}
