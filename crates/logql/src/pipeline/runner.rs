//! Running a pipeline over lines, stream by stream.

use model::Labels;

use crate::pipeline::Pipeline;
use crate::pipeline::early;
use crate::pipeline::labels::{Category, Texts, WorkLabels};
use crate::pipeline::names::NameId;
use crate::pipeline::stage::Row;
use crate::pipeline::work::Work;

/// Takes the lines of one stream after the other through a pipeline.
#[derive(Debug, Clone)]
pub struct Runner<'p> {
    pipeline: &'p Pipeline,
    work: Work,
    /// To start a stream anew when names have been forgotten.
    stream: Labels,
}

impl<'p> Runner<'p> {
    pub(super) fn new(pipeline: &'p Pipeline) -> Self {
        let work = Work::new(pipeline.names.clone(), pipeline.hints.clone());
        Self { pipeline, work, stream: Labels::default() }
    }

    /// The lines that follow are of the stream with these labels.
    pub fn begin_stream(&mut self, labels: &Labels) {
        self.stream.clone_from(labels);
        self.work.labels.begin_stream(labels.iter());
    }

    /// Takes a line through all stages; `None` when one of them drops it.
    pub fn run<'a>(&'a mut self, row: Row<'a>) -> Option<Passed<'a>> {
        // Filters of the stored line need no labels: most lines end here in a search for a needle.
        if !self.pipeline.leading_filters().all(|filter| filter.accept(row.line.as_bytes())) {
            return None;
        }
        self.run_filtered(row)
    }

    /// The same for a line that has passed the leading line filters.
    pub(crate) fn run_filtered<'a>(&'a mut self, row: Row<'a>) -> Option<Passed<'a>> {
        if self.pass(row) { Some(Passed { work: &mut self.work, row }) } else { None }
    }

    fn pass(&mut self, row: Row<'_>) -> bool {
        let stages = &self.pipeline.stages[self.pipeline.leading_filters..];
        if self.work.labels.names_overfull() {
            let labels = &mut self.work.labels;
            labels.begin_stream(self.stream.iter());
        }
        self.work.begin_line(row);
        let early = &self.pipeline.early[self.pipeline.leading_filters..];
        for (stage, early) in stages.iter().zip(early) {
            let before = self.work.labels.written_names().len();
            if !stage.run(&mut self.work, row) {
                return false;
            }
            if !early.is_empty() && !early::accept(early, &mut self.work, row, before) {
                return false;
            }
        }
        true
    }
}

/// A line that has passed, with its labels.
#[derive(Debug)]
pub struct Passed<'a> {
    work: &'a mut Work,
    row: Row<'a>,
}

impl Passed<'_> {
    /// The line as the stages have left it.
    pub fn line(&self) -> &str {
        self.work.line(self.row)
    }

    /// Every label once, in no particular order.
    pub fn for_each_label<'s>(&'s self, mut visit: impl FnMut(&'s str, Category, &'s str)) {
        let labels = &self.work.labels;
        labels.for_each(self.work.texts(self.row), |name, category, value| {
            visit(labels.names.text(name), category, value);
        });
    }

    pub(crate) fn for_each_id<'s>(&'s self, visit: impl FnMut(NameId, Category, &'s str)) {
        self.work.labels.for_each(self.work.texts(self.row), visit);
    }

    pub(crate) fn labels(&self) -> &WorkLabels {
        &self.work.labels
    }

    pub(crate) fn get(&self, name: NameId) -> Option<&str> {
        self.work.labels.get(name, self.work.texts(self.row))
    }

    /// The value of a label, error labels included; `None` when missing.
    pub(crate) fn shown(&self, name: NameId) -> Option<&str> {
        let labels = &self.work.labels;
        let texts = self.work.texts(self.row);
        labels
            .get(name, texts)
            .or_else(|| Some(labels.matched(name, texts)).filter(|value| !value.is_empty()))
    }

    /// Lets `read` see the line, its texts and its labels.
    pub(crate) fn with_parts<T>(&mut self, read: impl FnOnce(&str, Texts<'_>, &mut WorkLabels) -> T) -> T {
        let (line, texts, labels) = self.work.parts(self.row);
        read(line.text, texts, labels)
    }
}
