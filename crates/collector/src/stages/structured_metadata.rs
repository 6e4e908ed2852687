//! `structured_metadata`: attaches extracted values, or labels, to the entry without making streams of them.

use std::collections::BTreeMap;

use super::labels::{Mapping, mapping};
use crate::entry::Entry;
use crate::pipeline::{Context, Stage, Verdict};

/// See the module. A label that is used this way is no label any more.
pub struct StructuredMetadata(Mapping);

impl StructuredMetadata {
    pub fn new(map: &BTreeMap<String, Option<String>>) -> Result<Self, String> {
        mapping(map).map(Self)
    }
}

impl Stage for StructuredMetadata {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        for (name, source) in &self.0 {
            let extracted = entry.text(source).map(|text| text.into_owned());
            let label = entry.labels.remove(source);
            if let Some(value) = extracted.or(label).filter(|value| !value.is_empty()) {
                entry.metadata.push((name.clone(), value));
            }
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_and_labels() {
        super::super::testing::table(
            "[{json: {expressions: {trace: trace_id, n: }}}, {structured_metadata: {trace_id: trace, n: , file: filename, none: }}]",
            &[
                (
                    r#"{"trace_id":"abc","n":3}"#,
                    r#"{"trace_id":"abc","n":3} | {job="test"} | [file=/logs/app.log n=3 trace_id=abc]"#,
                ),
                ("x", r#"x | {job="test"} | [file=/logs/app.log]"#),
            ],
        );
        super::super::testing::table(
            "[{non_indexed_labels: {job: }}]",
            &[("x", r#"x | {filename="/logs/app.log"} | [job=test]"#)],
        );
    }
}
