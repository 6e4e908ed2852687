//! `| line_format` and `| label_format`.

use crate::error::ParseError;
use crate::pipeline::labels::{Category, Texts, WorkLabels};
use crate::pipeline::names::{NameId, Names};
use crate::syntax::{FormatSource, LabelFormat, Stage};
use crate::template::{Data, Field, Template};

const ERROR: &str = "TemplateFormatErr";

/// A template whose labels have been looked up.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    template: Template,
    /// The labels that the template names.
    fields: Vec<NameId>,
}

impl Compiled {
    fn new(name: &str, text: &str, names: &mut Names) -> Result<Self, String> {
        let template = Template::parse(name, text)?;
        let fields = template.fields().iter().map(|field| names.intern(field)).collect();
        Ok(Self { template, fields })
    }

    pub(crate) fn fields(&self) -> &[NameId] {
        &self.fields
    }

    pub(crate) fn reads_everything(&self) -> bool {
        self.template.reads_everything()
    }

    /// Appends the result to `out`, or the description of a fault to nothing.
    fn execute(&self, view: &View<'_>, out: &mut String) -> Result<(), String> {
        let start = out.len();
        self.template.execute(view, out).inspect_err(|_| out.truncate(start))
    }
}

/// What a template sees of a line.
struct View<'a> {
    labels: &'a WorkLabels,
    texts: Texts<'a>,
    fields: &'a [NameId],
    line: &'a str,
    timestamp: i64,
}

impl Data for View<'_> {
    fn label(&self, field: Field<'_>) -> Option<&str> {
        let name = self.fields[field.slot];
        let value = self.labels.matched(name, self.texts);
        (!value.is_empty()).then_some(value)
    }

    fn labels(&self, visit: &mut dyn FnMut(&str, &str)) {
        self.labels.for_each(self.texts, |name, _, value| visit(self.labels.names.text(name), value));
    }

    fn line(&self) -> &str {
        self.line
    }

    fn timestamp(&self) -> i64 {
        self.timestamp
    }
}

/// The line that a formatting stage works on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub line: &'a str,
    pub texts: Texts<'a>,
    pub timestamp: i64,
}

/// `| line_format`, compiled.
#[derive(Debug, Clone)]
pub(crate) struct LineFormat {
    pub compiled: Compiled,
}

impl LineFormat {
    pub(crate) fn new(text: &str, names: &mut Names) -> Result<Self, ParseError> {
        let compiled = Compiled::new("line", text, names).map_err(|error| {
            let stage = Stage::LineFormat(text.to_owned());
            ParseError::in_stage(&stage, &format!("invalid line template: {error}"))
        })?;
        Ok(Self { compiled })
    }

    /// The new line, appended to `out`; after a fault the line stays and is marked.
    pub(crate) fn run(&self, subject: Subject<'_>, labels: &mut WorkLabels, out: &mut String) -> bool {
        let Subject { line, texts, timestamp } = subject;
        let view = View { labels, texts, fields: &self.compiled.fields, line, timestamp };
        match self.compiled.execute(&view, out) {
            Ok(()) => true,
            Err(fault) => {
                labels.set_error(ERROR, &fault);
                false
            }
        }
    }
}

/// `| label_format`, compiled.
#[derive(Debug, Clone)]
pub(crate) struct LabelFormats {
    pub formats: Vec<(NameId, Source)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Source {
    Label(NameId),
    Template(Compiled),
}

impl LabelFormats {
    /// Whether labels only get other names.
    pub(crate) fn only_renames(&self) -> bool {
        self.formats.iter().all(|(_, source)| matches!(source, Source::Label(_)))
    }

    pub(crate) fn new(formats: &[LabelFormat], names: &mut Names) -> Result<Self, ParseError> {
        let fail = |message: String| ParseError::in_stage(&Stage::LabelFormat(formats.to_vec()), &message);
        let mut compiled: Vec<(NameId, Source)> = Vec::new();
        for format in formats {
            let name = names.intern(&format.name);
            if name == Names::ERROR {
                return Err(fail(format!("{} cannot be formatted", format.name)));
            }
            if compiled.iter().any(|(other, _)| *other == name) {
                return Err(fail(format!(
                    "multiple label name '{}' not allowed in a single format operation",
                    format.name
                )));
            }
            let source = match &format.source {
                FormatSource::Label(label) => Source::Label(names.intern(label)),
                FormatSource::Template(text) => {
                    Source::Template(Compiled::new("label", text, names).map_err(|error| {
                        fail(format!("invalid template for label '{}': {error}", format.name))
                    })?)
                }
            };
            compiled.push((name, source));
        }
        Ok(Self { formats: compiled })
    }

    /// All templates see the labels as they were before the stage; renamings see those before them.
    pub(crate) fn run(&self, subject: Subject<'_>, labels: &mut WorkLabels, scratch: &mut Scratch) {
        let Subject { line, texts, timestamp } = subject;
        scratch.text.clear();
        scratch.parts.clear();
        for (_, source) in &self.formats {
            let Source::Template(compiled) = source else { continue };
            let view = View { labels, texts, fields: &compiled.fields, line, timestamp };
            let start = scratch.text.len();
            let outcome = compiled.execute(&view, &mut scratch.text);
            scratch.parts.push(outcome.map(|()| (start, scratch.text.len())));
        }
        let mut parts = scratch.parts.drain(..);
        for (name, source) in &self.formats {
            match source {
                Source::Label(source) => {
                    if let Some((category, value)) = labels.lookup(*source) {
                        labels.set(*name, category, value);
                        if name != source {
                            labels.delete(*source);
                        }
                    }
                }
                Source::Template(_) => match parts.next() {
                    Some(Ok((start, end))) => {
                        let value = labels.own(&scratch.text[start..end]);
                        labels.set(*name, Category::Parsed, value);
                    }
                    Some(Err(fault)) => labels.set_error(ERROR, &fault),
                    None => {}
                },
            }
        }
    }
}

/// Buffers that are reused from line to line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    /// A line that is being written.
    pub line: String,
    text: String,
    parts: Vec<Result<(usize, usize), String>>,
}
