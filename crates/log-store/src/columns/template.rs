//! Templates: what the lines of one shape have in common, with a place for each value.
//!
//! As text, a template is the line with every value replaced by its field's name between two NUL bytes:
//! `{"event":"␀event␀","status":␀status␀}`. A line that has NUL bytes of its own outside of values has no template.

use std::fmt;

/// Stands before and behind a field's name.
pub(crate) const MARK: char = '\0';

/// How the lines of a template are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Syntax {
    Json,
    Logfmt,
}

/// A parsed template: literals with a slot between each two of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub syntax: Syntax,
    /// One more than slots.
    pub literals: Vec<Box<str>>,
    pub slots: Vec<Slot>,
}

/// A place for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    /// The field: keys joined by dots.
    pub field: Box<str>,
    /// Whether the value stands between quotes.
    pub quoted: bool,
}

impl Template {
    /// Reads a template's text; `None` when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let syntax = if text.trim_start().starts_with('{') { Syntax::Json } else { Syntax::Logfmt };
        let mut literals = Vec::new();
        let mut slots = Vec::new();
        let mut pieces = text.split(MARK);
        let mut literal = pieces.next()?;
        while let Some(field) = pieces.next() {
            slots.push(Slot { field: field.into(), quoted: literal.ends_with('"') });
            literals.push(literal.into());
            literal = pieces.next()?;
        }
        literals.push(literal.into());
        (!slots.is_empty()).then_some(Self { syntax, literals, slots })
    }

    /// The bytes next to values: a text that has none of them cannot lie across a value's edge.
    pub(crate) fn edges(&self) -> ByteSet {
        let mut edges = ByteSet::default();
        for pair in self.literals.windows(2) {
            edges.extend(pair[0].as_bytes().last().copied());
            edges.extend(pair[1].as_bytes().first().copied());
        }
        edges
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (literal, slot) in self.literals.iter().zip(&self.slots) {
            write!(f, "{literal}{MARK}{}{MARK}", slot.field)?;
        }
        f.write_str(self.literals.last().map_or("", |literal| literal))
    }
}

pub(crate) use logql::ByteSet;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_and_written() {
        let text = "{\"a\":\"\0a\0\", \"n\":{\"b\":\0n.b\0}}";
        let template = Template::parse(text).unwrap();
        assert_eq!(template.to_string(), text);
        assert_eq!(template.syntax, Syntax::Json);
        let slots: Vec<_> = template.slots.iter().map(|slot| (&*slot.field, slot.quoted)).collect();
        assert_eq!(slots, [("a", true), ("n.b", false)]);
        let edges = template.edges();
        for (byte, is_edge) in [(b'"', true), (b':', true), (b'}', true), (b',', false), (b'a', false)] {
            assert_eq!(edges.contains(byte), is_edge, "{}", byte as char);
        }
        assert_eq!(Template::parse("level=\0level\0").unwrap().syntax, Syntax::Logfmt);
        assert_eq!(Template::parse("no value"), None);
        assert_eq!(Template::parse("odd \0mark"), None);
    }
}
