//! `output`: makes an extracted value the line.

use crate::config::OutputConfig;
use crate::entry::Entry;
use crate::pipeline::{Context, Stage, Verdict};

/// See the module. Entries without the value keep their line.
pub struct Output {
    source: String,
}

impl Output {
    pub fn new(config: &OutputConfig) -> Self {
        Self { source: config.source.clone() }
    }
}

impl Stage for Output {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        if let Some(line) = entry.text(&self.source).map(|text| text.into_owned()) {
            entry.line = line;
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_value_becomes_the_line() {
        super::super::testing::table(
            "[{json: {expressions: {m: }}}, {output: {source: m}}]",
            &[
                (r#"{"m":"text"}"#, "text"),
                (r#"{"m":{"a":1}}"#, r#"{"a":1}"#),
                (r#"{"n":1}"#, r#"{"n":1}"#),
                ("plain", "plain"),
            ],
        );
    }
}
