//! The labels of one line on its way through a pipeline.
//!
//! Nothing is copied that need not be: values point into the stream's labels, the structured metadata, the line, or
//! buffers that are reused from line to line.

use crate::pipeline::hints::Hints;
use crate::pipeline::names::{ERROR, ERROR_DETAILS, NameId, Names};

/// Where a label comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    Stream,
    /// Structured metadata of the entry.
    Metadata,
    /// Found in the line, or made by a stage.
    Parsed,
}

/// Where a value's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueRef {
    /// In the stream's labels.
    Base { start: u32, end: u32 },
    /// The value of that pair of structured metadata.
    Metadata(u32),
    /// In the line as it was stored.
    Line { start: u32, end: u32 },
    /// In the lines that stages have written.
    Formatted { start: u32, end: u32 },
    /// In the buffer of values.
    Owned { start: u32, end: u32 },
}

/// The texts that values may point into and that the labels do not own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub metadata: &'a [(&'a str, &'a str)],
    pub line: &'a str,
    /// Lines written by stages, one after the other.
    pub formatted: &'a str,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The line that wrote the slot last; older ones mean "as the stream has it".
    line: u32,
    /// Absent after a deletion.
    value: Option<(Category, ValueRef)>,
}

#[derive(Debug, Clone)]
pub(crate) struct WorkLabels {
    pub(crate) names: Names,
    slots: Vec<Slot>,
    /// Names written for this line, each once.
    touched: Vec<NameId>,
    line: u32,
    /// The stream's labels: by position, and by name.
    base: Vec<(NameId, ValueRef)>,
    base_text: String,
    base_of: Vec<Option<ValueRef>>,
    values: String,
    error: String,
    details: String,
    pub(crate) hints: Hints,
    /// Wanted names that parsers have found in this line.
    found: usize,
}

impl WorkLabels {
    pub(crate) fn new(names: Names, hints: Hints) -> Self {
        Self {
            names,
            slots: Vec::new(),
            touched: Vec::new(),
            line: 0,
            base: Vec::new(),
            base_text: String::new(),
            base_of: Vec::new(),
            values: String::new(),
            error: String::new(),
            details: String::new(),
            hints,
            found: 0,
        }
    }

    /// Makes `labels` the labels of the stream whose lines come next.
    pub(crate) fn begin_stream<'a>(&mut self, labels: impl Iterator<Item = (&'a str, &'a str)>) {
        if self.names.is_overfull() {
            self.names.forget();
            self.slots.clear();
            self.base_of.clear();
        }
        for (name, _) in self.base.drain(..) {
            if let Some(base) = self.base_of.get_mut(name.index()) {
                *base = None;
            }
        }
        self.base_text.clear();
        for (name, value) in labels {
            let name = self.names.intern(name);
            let start = self.base_text.len() as u32;
            self.base_text.push_str(value);
            let value = ValueRef::Base { start, end: self.base_text.len() as u32 };
            self.base.push((name, value));
            if self.base_of.len() <= name.index() {
                self.base_of.resize(name.index() + 1, None);
            }
            self.base_of[name.index()] = Some(value);
        }
    }

    /// Starts a line with its structured metadata.
    pub(crate) fn begin_line(&mut self, metadata: &[(&str, &str)]) {
        self.line = self.line.wrapping_add(1);
        if self.line == 0 {
            // After four thousand million lines old marks could look new.
            self.slots.clear();
            self.line = 1;
        }
        self.touched.clear();
        self.values.clear();
        self.error.clear();
        self.details.clear();
        self.found = 0;
        for (at, (name, value)) in metadata.iter().enumerate() {
            let mut id = self.names.intern(name);
            if id == Names::ERROR {
                self.error.push_str(value);
                continue;
            }
            if self.in_base(id) {
                id = self.names.extracted(id);
            }
            self.write(id, Some((Category::Metadata, ValueRef::Metadata(at as u32))));
        }
    }

    pub(crate) fn names_overfull(&self) -> bool {
        self.names.is_overfull()
    }

    fn in_base(&self, name: NameId) -> bool {
        self.base_of.get(name.index()).is_some_and(Option::is_some)
    }

    fn written(&self, name: NameId) -> Option<&Slot> {
        self.slots.get(name.index()).filter(|slot| slot.line == self.line)
    }

    fn write(&mut self, name: NameId, value: Option<(Category, ValueRef)>) {
        if self.slots.len() <= name.index() {
            let length = self.names.len().max(name.index() + 1);
            self.slots.resize(length, Slot { line: 0, value: None });
        }
        let slot = &mut self.slots[name.index()];
        if slot.line != self.line {
            slot.line = self.line;
            self.touched.push(name);
        }
        slot.value = value;
    }

    /// The value of a label and where it comes from, error labels excluded.
    pub(crate) fn lookup(&self, name: NameId) -> Option<(Category, ValueRef)> {
        match self.written(name) {
            Some(slot) => slot.value,
            None => self.base_of.get(name.index()).copied().flatten().map(|value| (Category::Stream, value)),
        }
    }

    pub(crate) fn resolve<'a>(&'a self, value: ValueRef, texts: Texts<'a>) -> &'a str {
        let cut = |text: &'a str, start: u32, end: u32| &text[start as usize..end as usize];
        match value {
            ValueRef::Base { start, end } => cut(&self.base_text, start, end),
            ValueRef::Metadata(at) => texts.metadata[at as usize].1,
            ValueRef::Line { start, end } => cut(texts.line, start, end),
            ValueRef::Formatted { start, end } => cut(texts.formatted, start, end),
            ValueRef::Owned { start, end } => cut(&self.values, start, end),
        }
    }

    pub(crate) fn get<'a>(&'a self, name: NameId, texts: Texts<'a>) -> Option<&'a str> {
        self.lookup(name).map(|(_, value)| self.resolve(value, texts))
    }

    /// As [`Self::get`], the error labels included, empty when missing: what matchers see.
    pub(crate) fn matched<'a>(&'a self, name: NameId, texts: Texts<'a>) -> &'a str {
        match name {
            Names::ERROR if !self.error.is_empty() => &self.error,
            Names::ERROR_DETAILS if !self.details.is_empty() => &self.details,
            name => self.get(name, texts).unwrap_or_default(),
        }
    }

    /// As [`Self::matched`], as conditions see it: the error, but not its details.
    pub(crate) fn compared<'a>(&'a self, name: NameId, texts: Texts<'a>) -> &'a str {
        match name {
            Names::ERROR => &self.error,
            name => self.get(name, texts).unwrap_or_default(),
        }
    }

    /// Names that have been written for this line so far.
    pub(crate) fn written_names(&self) -> &[NameId] {
        &self.touched
    }

    /// Takes the error away.
    pub(crate) fn take_error(&mut self) -> (String, String) {
        (std::mem::take(&mut self.error), std::mem::take(&mut self.details))
    }

    /// The name under which a parser stores the label `name`: names of the stream and of the metadata are taken.
    pub(crate) fn parsed_name(&mut self, name: NameId) -> NameId {
        let metadata = matches!(self.written(name), Some(Slot { value: Some((Category::Metadata, _)), .. }));
        if metadata || self.in_base(name) { self.names.extracted(name) } else { name }
    }

    /// Whether parsers have to look into the object whose flattened name is `prefix`.
    pub(crate) fn wants_below(&self, prefix: NameId) -> bool {
        self.hints.wants_below(self.names.text(prefix), &self.names)
    }

    /// Whether some parser has set the label already: the first one wins.
    pub(crate) fn is_parsed(&self, name: NameId) -> bool {
        matches!(self.written(name), Some(Slot { value: Some((Category::Parsed, _)), .. }))
    }

    /// Stores what a parser has found.
    pub(crate) fn set_parsed(&mut self, name: NameId, value: ValueRef) {
        if self.hints.wants(name) {
            self.found += 1;
        }
        self.write(name, Some((Category::Parsed, value)));
    }

    /// Whether parsers have found all that the query needs.
    pub(crate) fn all_found(&self) -> bool {
        self.hints.is_satisfied_by(self.found)
    }

    /// Overrides a label, wherever it comes from.
    pub(crate) fn set(&mut self, name: NameId, category: Category, value: ValueRef) {
        self.write(name, Some((category, value)));
    }

    pub(crate) fn delete(&mut self, name: NameId) {
        if self.lookup(name).is_some() {
            self.write(name, None);
        }
    }

    /// Copies a text into the buffer of values.
    pub(crate) fn own(&mut self, text: &str) -> ValueRef {
        let start = self.values.len() as u32;
        self.values.push_str(text);
        ValueRef::Owned { start, end: self.values.len() as u32 }
    }

    /// Lets `write` append to the buffer of values.
    pub(crate) fn own_with(&mut self, write: impl FnOnce(&mut String)) -> ValueRef {
        let start = self.values.len() as u32;
        write(&mut self.values);
        ValueRef::Owned { start, end: self.values.len() as u32 }
    }

    pub(crate) fn has_error(&self) -> bool {
        !self.error.is_empty()
    }

    pub(crate) fn error(&self) -> &str {
        &self.error
    }

    pub(crate) fn set_error(&mut self, error: &str, details: &str) {
        self.error.clear();
        self.error.push_str(error);
        if !details.is_empty() {
            self.details.clear();
            self.details.push_str(details);
        }
    }

    pub(crate) fn clear_error(&mut self) {
        self.error.clear();
    }

    pub(crate) fn clear_details(&mut self) {
        self.details.clear();
    }

    /// Every label once, in no particular order, the error labels last.
    pub(crate) fn for_each<'a>(&'a self, texts: Texts<'a>, mut visit: impl FnMut(NameId, Category, &'a str)) {
        for (name, value) in &self.base {
            if self.written(*name).is_none() {
                visit(*name, Category::Stream, self.resolve(*value, texts));
            }
        }
        for name in &self.touched {
            if self.shadowed_by_error(*name) {
                continue;
            }
            if let Some(Slot { value: Some((category, value)), .. }) = self.written(*name) {
                visit(*name, *category, self.resolve(*value, texts));
            }
        }
        if !self.error.is_empty() {
            visit(Names::ERROR, Category::Parsed, &self.error);
        }
        if !self.details.is_empty() {
            visit(Names::ERROR_DETAILS, Category::Parsed, &self.details);
        }
    }

    /// Whether a label of the line bears the name of an error label that is set.
    fn shadowed_by_error(&self, name: NameId) -> bool {
        (name == Names::ERROR && !self.error.is_empty())
            || (name == Names::ERROR_DETAILS && !self.details.is_empty())
    }
}

/// Whether the name is one of the labels that carry errors.
pub(crate) fn is_error_name(name: &str) -> bool {
    name == ERROR || name == ERROR_DETAILS
}
