//! What changes from line to line: labels, the line as rewritten so far, buffers. One per thread.

use crate::pipeline::formatting::Scratch;
use crate::pipeline::hints::Hints;
use crate::pipeline::labels::{Texts, ValueRef, WorkLabels};
use crate::pipeline::line::Line;
use crate::pipeline::names::Names;
use crate::pipeline::stage::Row;

#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) labels: WorkLabels,
    /// Lines that stages have written, one after the other.
    formatted: String,
    /// The current line within `formatted`; `None` while it is the stored one.
    current: Option<(u32, u32)>,
    scratch: Scratch,
}

impl Work {
    pub(crate) fn new(names: Names, hints: Hints) -> Self {
        Self {
            labels: WorkLabels::new(names, hints),
            formatted: String::new(),
            current: None,
            scratch: Scratch::default(),
        }
    }

    pub(crate) fn begin_line(&mut self, row: Row<'_>) {
        self.formatted.clear();
        self.current = None;
        self.labels.begin_line(row.metadata);
    }

    /// The line as it is now.
    pub(crate) fn line<'a>(&'a self, row: Row<'a>) -> &'a str {
        match self.current {
            None => row.line,
            Some((start, end)) => &self.formatted[start as usize..end as usize],
        }
    }

    pub(crate) fn texts<'a>(&'a self, row: Row<'a>) -> Texts<'a> {
        Texts { metadata: row.metadata, line: row.line, formatted: &self.formatted }
    }

    /// The line, the texts that labels point into, and the labels.
    pub(crate) fn parts<'a>(&'a mut self, row: Row<'a>) -> (Line<'a>, Texts<'a>, &'a mut WorkLabels) {
        let texts = Texts { metadata: row.metadata, line: row.line, formatted: &self.formatted };
        let line = match self.current {
            None => Line { text: row.line, formatted_at: None },
            Some((start, end)) => {
                Line { text: &self.formatted[start as usize..end as usize], formatted_at: Some(start) }
            }
        };
        (line, texts, &mut self.labels)
    }

    /// Makes a value the line.
    pub(crate) fn replace_line(&mut self, row: Row<'_>, value: Option<ValueRef>) {
        let Some(value) = value else { return };
        let mut formatted = std::mem::take(&mut self.formatted);
        let start = formatted.len();
        let texts = Texts { metadata: row.metadata, line: row.line, formatted: "" };
        match value {
            // A part of what is being appended to.
            ValueRef::Formatted { start, end } => formatted.extend_from_within(start as usize..end as usize),
            value => formatted.push_str(self.labels.resolve(value, texts)),
        }
        self.current = Some((start as u32, formatted.len() as u32));
        self.formatted = formatted;
    }

    /// Lets `write` append a new line; it returns whether that replaces the old one.
    pub(crate) fn rewrite_line(
        &mut self,
        row: Row<'_>,
        write: impl FnOnce(&str, Texts<'_>, &mut WorkLabels, &mut String) -> bool,
    ) {
        let mut out = std::mem::take(&mut self.scratch.line);
        out.clear();
        let (line, texts, labels) = self.parts(row);
        let replaces = write(line.text, texts, labels, &mut out);
        if replaces {
            let start = self.formatted.len() as u32;
            self.formatted.push_str(&out);
            self.current = Some((start, self.formatted.len() as u32));
        }
        self.scratch.line = out;
    }

    pub(crate) fn with_scratch(&mut self, run: impl FnOnce(&mut Self, &mut Scratch)) {
        let mut scratch = std::mem::take(&mut self.scratch);
        run(self, &mut scratch);
        self.scratch = scratch;
    }
}
