//! What a pipeline needs of the stored data, for stores that can give less than whole lines.

use crate::pipeline::Pipeline;
use crate::pipeline::stage::CompiledStage;

/// What must be known of a stored row to take it through a pipeline, its leading line filters left aside.
#[derive(Debug, Clone, PartialEq)]
pub enum Needs {
    /// The row as it was stored.
    Row,
    /// A row whose line has only the fields, and whose structured metadata has only the pairs, that are asked for gives
    /// the same outcome.
    Fields(FieldNeeds),
}

/// Which fields of a line and which pairs of structured metadata matter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldNeeds {
    /// How fields are taken from the line; `None` when it is not looked at.
    pub parser: Option<Parser>,
    /// The labels that are read. A field or pair matters if its label name is one of these, or becomes one of these when
    /// `_extracted` is added to it.
    pub labels: Vec<String>,
    /// Every pair of structured metadata matters.
    pub all_metadata: bool,
    /// Labels with the value, not empty, that they must have: a row with another one is left out.
    pub required: Vec<(String, String)>,
    /// Labels with the numbers that their values must lie between, both included: a row with a number elsewhere, or
    /// without the label, is left out, unless something went wrong with it before.
    pub bounds: Vec<(String, f64, f64)>,
}

/// A stage that takes fields from whole lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parser {
    Json,
    Logfmt,
}

impl Pipeline {
    /// What the pipeline needs; `shows_line` when the result has the line in it (or its length).
    pub(crate) fn needs(&self, shows_line: bool) -> Needs {
        if shows_line {
            return Needs::Row;
        }
        let mut parser = None;
        let mut required = Vec::new();
        let mut bounds = Bounds::default();
        // Whether labels are as they were found.
        let mut is_untouched = true;
        for stage in &self.stages[self.leading_filters..] {
            let here = match stage {
                CompiledStage::Json => Parser::Json,
                CompiledStage::Logfmt(logfmt) if logfmt.takes_all() => Parser::Logfmt,
                CompiledStage::Condition(condition) => {
                    if is_untouched {
                        condition.visit_required(&mut |name, value| {
                            required.push((self.names.text_at(name.index()).to_owned(), value.to_owned()));
                        });
                        condition.visit_conversions(&mut |name, between| {
                            bounds.add(self.names.text_at(name.index()), between);
                        });
                    }
                    continue;
                }
                CompiledStage::Drop(_) | CompiledStage::Keep(_) => {
                    is_untouched = false;
                    continue;
                }
                // Templates may look at the line and at its time.
                CompiledStage::LabelFormat(formats) if formats.only_renames() => {
                    is_untouched = false;
                    continue;
                }
                _ => return Needs::Row,
            };
            if self.hints.nothing() {
                continue;
            }
            if parser.is_some() || self.hints.everything() {
                return Needs::Row;
            }
            // What is required before the parser has run is required of other values.
            if !required.is_empty() || bounds.converted.is_some() {
                required.clear();
                bounds = Bounds::default();
                is_untouched = false;
            }
            parser = Some(here);
        }
        let labels = if self.hints.everything() { Vec::new() } else { self.hints.wanted_names(&self.names) };
        let bounds = bounds.found;
        Needs::Fields(FieldNeeds { parser, labels, all_metadata: self.hints.everything(), required, bounds })
    }
}

/// The bounds of the first label whose value conditions convert. A value that cannot be converted marks the row with an
/// error, and all later conditions of other labels let it pass.
#[derive(Default)]
struct Bounds {
    converted: Option<String>,
    found: Vec<(String, f64, f64)>,
}

impl Bounds {
    fn add(&mut self, label: &str, between: Option<(f64, f64)>) {
        let first = self.converted.get_or_insert_with(|| label.to_owned());
        if let Some((low, high)) = between.filter(|_| first == label) {
            self.found.push((label.to_owned(), low, high));
        }
    }
}
