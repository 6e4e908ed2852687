//! What a pipeline needs of the stored data, for stores that can give less than whole lines.

use crate::pipeline::Pipeline;
use crate::pipeline::stage::CompiledStage;

/// What must be read to run a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requirements {
    /// Some stage looks at the whole line (or the query shows it): fields alone are not enough.
    pub line: bool,
    /// `| json` is the first thing that happens to the stored line, and only these labels come of it. `None`: all of
    /// them may be needed, or nothing is parsed as JSON.
    pub json_labels: Option<Vec<String>>,
    /// The same for `| logfmt`.
    pub logfmt_labels: Option<Vec<String>>,
    /// How many stages at the start are line filters on the stored line.
    pub leading_line_filters: usize,
}

impl Pipeline {
    /// What the pipeline needs; `shows_line` when the result has the line in it (or its length).
    pub fn requirements(&self, shows_line: bool) -> Requirements {
        let leading = self.leading_filters;
        let rest = &self.stages[leading..];
        let parsers = rest.iter().filter(|stage| stage.is_parser()).count();
        let other_reader = |stage: &CompiledStage| {
            matches!(
                stage,
                CompiledStage::LineFilter(_) | CompiledStage::LineFormat(_) | CompiledStage::Decolorize
            )
        };
        let labels = || (!self.hints.everything()).then(|| self.hints.wanted_names(&self.names));
        let first = rest.iter().find(|stage| stage.is_parser());
        let only = |wanted: bool| if wanted && parsers == 1 { labels() } else { None };
        let json_labels = only(matches!(first, Some(CompiledStage::Json)));
        let logfmt_labels = only(matches!(first, Some(CompiledStage::Logfmt(_))));
        let parsed_apart = json_labels.is_some() || logfmt_labels.is_some();
        let nothing_parsed = parsers == 0 || self.hints.nothing();
        let line =
            shows_line || leading > 0 || rest.iter().any(other_reader) || !(nothing_parsed || parsed_apart);
        Requirements { line, json_labels, logfmt_labels, leading_line_filters: leading }
    }
}
