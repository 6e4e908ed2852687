//! A compiled stage.

use crate::error::ParseError;
use crate::pipeline::decolorize;
use crate::pipeline::formatting::{LabelFormats, LineFormat, Source, Subject};
use crate::pipeline::json;
use crate::pipeline::json_expressions::JsonExpressions;
use crate::pipeline::label_edit::LabelEdits;
use crate::pipeline::label_filter::Condition;
use crate::pipeline::line_filter::CompiledFilter;
use crate::pipeline::logfmt::Logfmt;
use crate::pipeline::names::{NameId, Names};
use crate::pipeline::pattern_parser::PatternParser;
use crate::pipeline::regexp::Regexp;
use crate::pipeline::unpack;
use crate::pipeline::work::Work;
use crate::syntax::Stage;

#[derive(Debug, Clone)]
pub(crate) enum CompiledStage {
    LineFilter(CompiledFilter),
    Json,
    JsonExpressions(JsonExpressions),
    Logfmt(Logfmt),
    Regexp(Box<Regexp>),
    Pattern(PatternParser),
    Unpack,
    Condition(Condition),
    LineFormat(LineFormat),
    LabelFormat(LabelFormats),
    Decolorize,
    Drop(LabelEdits),
    Keep(LabelEdits),
}

impl CompiledStage {
    pub(crate) fn new(stage: &Stage, names: &mut Names) -> Result<Self, ParseError> {
        Ok(match stage {
            Stage::LineFilter(filter) => Self::LineFilter(CompiledFilter::new(filter)?),
            Stage::Json(extractions) if extractions.is_empty() => Self::Json,
            Stage::Json(extractions) => Self::JsonExpressions(JsonExpressions::new(extractions, names)?),
            Stage::Logfmt { flags, extractions } => Self::Logfmt(Logfmt::new(*flags, extractions, names)?),
            Stage::Regexp(pattern) => Self::Regexp(Box::new(Regexp::new(pattern, names)?)),
            Stage::Pattern(pattern) => Self::Pattern(PatternParser::new(pattern, names)?),
            Stage::Unpack => Self::Unpack,
            Stage::LabelFilter(filter) => Self::Condition(Condition::new(filter, names)?),
            Stage::LineFormat(template) => Self::LineFormat(LineFormat::new(template, names)?),
            Stage::LabelFormat(formats) => Self::LabelFormat(LabelFormats::new(formats, names)?),
            Stage::Decolorize => Self::Decolorize,
            Stage::Drop(edits) => Self::Drop(LabelEdits::new(edits, names)?),
            Stage::Keep(edits) => Self::Keep(LabelEdits::new(edits, names)?),
        })
    }

    /// Runs the stage over the line that `work` is at; returns whether the line goes on.
    #[inline]
    pub(crate) fn run(&self, work: &mut Work, row: Row<'_>) -> bool {
        match self {
            Self::LineFilter(filter) => return filter.accept(work.line(row).as_bytes()),
            Self::Condition(condition) => {
                let (_, texts, labels) = work.parts(row);
                return condition.accepts(labels, texts);
            }
            Self::Json => {
                let (line, _, labels) = work.parts(row);
                json::extract(line, labels);
            }
            Self::JsonExpressions(expressions) => {
                let (line, _, labels) = work.parts(row);
                expressions.extract(line, labels);
            }
            Self::Logfmt(logfmt) => {
                let (line, _, labels) = work.parts(row);
                logfmt.extract(line, labels);
            }
            Self::Regexp(regexp) => {
                let (line, _, labels) = work.parts(row);
                regexp.extract(line, labels);
            }
            Self::Pattern(pattern) => {
                let (line, _, labels) = work.parts(row);
                pattern.extract(line, labels);
            }
            Self::Unpack => {
                let (line, _, labels) = work.parts(row);
                let entry = unpack::extract(line, labels);
                work.replace_line(row, entry);
            }
            Self::LineFormat(format) => work.rewrite_line(row, |line, texts, labels, out| {
                format.run(Subject { line, texts, timestamp: row.timestamp }, labels, out)
            }),
            Self::Decolorize => work.rewrite_line(row, |line, _, _, out| decolorize::strip(line, out)),
            Self::LabelFormat(formats) => work.with_scratch(|work, scratch| {
                let (line, texts, labels) = work.parts(row);
                formats.run(Subject { line: line.text, texts, timestamp: row.timestamp }, labels, scratch);
            }),
            Self::Drop(edits) => {
                let (_, texts, labels) = work.parts(row);
                edits.drop_named(labels, texts);
            }
            Self::Keep(edits) => {
                let (_, texts, labels) = work.parts(row);
                edits.keep_named(labels, texts);
            }
        }
        true
    }

    /// The labels that the stage reads by name; `false` when it may read any.
    pub(crate) fn reads(&self, visit: &mut dyn FnMut(NameId)) -> bool {
        match self {
            Self::Condition(condition) => condition.visit_names(visit),
            Self::LineFormat(format) => {
                format.compiled.fields().iter().for_each(|name| visit(*name));
                return !format.compiled.reads_everything();
            }
            Self::LabelFormat(formats) => {
                for (_, source) in &formats.formats {
                    match source {
                        Source::Label(label) => visit(*label),
                        Source::Template(compiled) => {
                            compiled.fields().iter().for_each(|name| visit(*name));
                            if compiled.reads_everything() {
                                return false;
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        true
    }

    /// Whether the stage takes labels out of lines.
    pub(crate) fn is_parser(&self) -> bool {
        matches!(
            self,
            Self::Json
                | Self::JsonExpressions(_)
                | Self::Logfmt(_)
                | Self::Regexp(_)
                | Self::Pattern(_)
                | Self::Unpack
        )
    }
}

/// A stored entry.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Nanoseconds since the Unix epoch.
    pub timestamp: i64,
    pub line: &'a str,
    /// Structured metadata, names as stored.
    pub metadata: &'a [(&'a str, &'a str)],
}
