//! The text that a stage reads: the line as stored, or as an earlier stage has rewritten it.

use std::ops::Range;

use crate::pipeline::labels::ValueRef;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub text: &'a str,
    /// Where the text starts in the buffer of rewritten lines; `None` for the line as stored.
    pub formatted_at: Option<u32>,
}

impl Line<'_> {
    /// A value that is a part of the line.
    pub(crate) fn value(self, range: Range<usize>) -> ValueRef {
        let (start, end) = (range.start as u32, range.end as u32);
        match self.formatted_at {
            None => ValueRef::Line { start, end },
            Some(base) => ValueRef::Formatted { start: base + start, end: base + end },
        }
    }
}
