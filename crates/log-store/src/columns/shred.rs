//! Taking lines apart: the template of a line and where its values are.
//!
//! Lines of a stream resemble each other, so a line is first held against the shapes of the lines before it: comparing
//! literals and looking for the ends of values is all there is to do then. Only a line of a new shape is parsed.

use crate::columns::json_line;
use crate::columns::logfmt_line;

/// Fields of one segment; lines with further ones are kept whole.
const MAX_FIELDS: usize = 200;
/// Columns take memory for rows without a value as well: fields times rows, before that limits the fields.
const MAX_CELLS: usize = 4 << 20;
/// So many fields are taken however many rows there are.
const MIN_FIELDS: usize = 32;
/// Templates of one segment.
const MAX_TEMPLATES: usize = 512;
/// Values of one line.
pub(super) const MAX_SLOTS: usize = 128;
/// Shapes that a line is held against before it is parsed.
const RECENT: usize = 4;

/// A piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub start: u32,
    pub length: u32,
}

impl Cut {
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, length: (end - start) as u32 }
    }

    pub(crate) fn of(self, line: &[u8]) -> &[u8] {
        &line[self.start as usize..(self.start + self.length) as usize]
    }
}

/// How a value ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// At the quote that closes a JSON string.
    JsonString,
    /// Behind a number, a word or an array.
    JsonBare,
    LogfmtQuoted,
    LogfmtBare,
}

impl End {
    /// Where the value that starts at `at` ends; `None` if there is none of the kind.
    #[inline]
    fn find(self, line: &[u8], at: usize) -> Option<usize> {
        match self {
            Self::JsonString => json_line::string_end(line, at),
            Self::JsonBare => json_line::bare_end(line, at),
            Self::LogfmtQuoted => logfmt_line::quoted_end(line, at),
            Self::LogfmtBare => logfmt_line::bare_end(line, at),
        }
    }
}

/// What parsing a line of a new shape finds.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub cuts: Vec<Cut>,
    pub names: Vec<String>,
    pub ends: Vec<End>,
}

impl Parsed {
    pub(super) fn clear(&mut self) {
        self.cuts.clear();
        self.names.clear();
        self.ends.clear();
    }

    pub(super) fn push(&mut self, name: String, end: End, cut: Cut) {
        self.names.push(name);
        self.ends.push(end);
        self.cuts.push(cut);
    }
}

/// A known shape.
#[derive(Debug)]
struct Shape {
    /// One more than slots.
    literals: Vec<Box<[u8]>>,
    ends: Vec<End>,
    fields: Vec<u32>,
    text: String,
}

impl Shape {
    fn matches(&self, line: &[u8], cuts: &mut Vec<Cut>) -> bool {
        cuts.clear();
        let mut at = 0;
        for (literal, end) in self.literals.iter().zip(&self.ends) {
            if !line[at..].starts_with(literal) {
                return false;
            }
            at += literal.len();
            let Some(end) = end.find(line, at) else { return false };
            cuts.push(Cut::new(at, end));
            at = end;
        }
        self.literals.last().is_some_and(|literal| line[at..] == **literal)
    }
}

/// The number of columns that values of so many rows may take.
pub(super) fn max_fields(rows: usize) -> usize {
    (MAX_CELLS / rows.max(1)).clamp(MIN_FIELDS, MAX_FIELDS)
}

/// The shapes and fields of one segment in the making.
#[derive(Debug)]
pub(crate) struct Shredder {
    max_fields: usize,
    shapes: Vec<Shape>,
    by_text: ahash::HashMap<String, u32>,
    fields: Vec<Box<str>>,
    field_of: ahash::HashMap<Box<str>, u32>,
    recent: [u32; RECENT],
    cuts: Vec<Cut>,
    parsed: Parsed,
    text: String,
}

/// A line taken apart.
#[derive(Debug)]
pub(crate) struct Shredded<'a> {
    pub template: u32,
    /// The field of each value.
    pub fields: &'a [u32],
    pub cuts: &'a [Cut],
}

impl Shredder {
    /// For a segment of so many rows.
    pub(crate) fn new(rows: usize) -> Self {
        Self {
            max_fields: max_fields(rows),
            shapes: Vec::new(),
            by_text: ahash::HashMap::default(),
            fields: Vec::new(),
            field_of: ahash::HashMap::default(),
            recent: [0; RECENT],
            cuts: Vec::new(),
            parsed: Parsed::default(),
            text: String::new(),
        }
    }

    /// The names of the fields, by their numbers.
    pub(crate) fn fields(&self) -> &[Box<str>] {
        &self.fields
    }

    /// The texts of the templates, by their numbers.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &str> {
        self.shapes.iter().map(|shape| shape.text.as_str())
    }

    /// Takes a line apart; `None` when it is to be kept whole.
    pub(crate) fn shred(&mut self, line: &[u8]) -> Option<Shredded<'_>> {
        let template = self.known(line).or_else(|| self.parse(line))?;
        let shape = &self.shapes[template as usize];
        Some(Shredded { template, fields: &shape.fields, cuts: &self.cuts })
    }

    /// The recent shape that fits, with its values in `cuts`.
    fn known(&mut self, line: &[u8]) -> Option<u32> {
        for at in 0..RECENT.min(self.shapes.len()) {
            let template = self.recent[at];
            if self.shapes[template as usize].matches(line, &mut self.cuts) {
                self.recent[..=at].rotate_right(1);
                return Some(template);
            }
        }
        None
    }

    fn parse(&mut self, line: &[u8]) -> Option<u32> {
        // Offsets into lines are 32 bits wide, and what isn't text can't be a column of text.
        let text = std::str::from_utf8(line).ok().filter(|text| text.len() < u32::MAX as usize)?;
        self.parsed.clear();
        let first = line.iter().find(|byte| !byte.is_ascii_whitespace())?;
        let is_structured = match first {
            b'{' => json_line::parse(text, &mut self.parsed),
            _ => logfmt_line::parse(text, &mut self.parsed),
        };
        let slots = self.parsed.cuts.len();
        if !is_structured || slots == 0 || slots > MAX_SLOTS {
            return None;
        }
        self.template(line)
    }

    /// Finds or makes the template of the parsed line.
    fn template(&mut self, line: &[u8]) -> Option<u32> {
        let Parsed { cuts, names, .. } = &self.parsed;
        self.text.clear();
        let mut at = 0;
        for (cut, name) in cuts.iter().zip(names) {
            let literal = &line[at..cut.start as usize];
            self.text.push_str(std::str::from_utf8(literal).ok().filter(|text| !text.contains('\0'))?);
            self.text.push('\0');
            self.text.push_str(name);
            self.text.push('\0');
            at = (cut.start + cut.length) as usize;
        }
        let tail = std::str::from_utf8(&line[at..]).ok().filter(|text| !text.contains('\0'))?;
        self.text.push_str(tail);
        let template = match self.by_text.get(&self.text) {
            Some(template) => *template,
            None => self.add_shape(line)?,
        };
        self.cuts.clear();
        self.cuts.extend_from_slice(&self.parsed.cuts);
        self.recent.rotate_right(1);
        self.recent[0] = template;
        Some(template)
    }

    fn add_shape(&mut self, line: &[u8]) -> Option<u32> {
        let names = &self.parsed.names;
        let mut distinct: Vec<&String> = names.iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let new = distinct.iter().filter(|name| !self.field_of.contains_key(name.as_str())).count();
        if distinct.len() < names.len()
            || self.fields.len() + new > self.max_fields
            || self.shapes.len() >= MAX_TEMPLATES
            || names.iter().any(|name| name.contains('\0'))
        {
            return None;
        }
        let mut literals: Vec<Box<[u8]>> = Vec::with_capacity(names.len() + 1);
        let mut at = 0;
        for cut in &self.parsed.cuts {
            literals.push(line[at..cut.start as usize].into());
            at = (cut.start + cut.length) as usize;
        }
        literals.push(line[at..].into());
        let (known, by_name) = (&mut self.fields, &mut self.field_of);
        let fields = names.iter().map(|name| {
            *by_name.entry(name.as_str().into()).or_insert_with(|| {
                known.push(name.as_str().into());
                (known.len() - 1) as u32
            })
        });
        let fields = fields.collect();
        let template = self.shapes.len() as u32;
        let ends = self.parsed.ends.clone();
        self.shapes.push(Shape { literals, ends, fields, text: self.text.clone() });
        self.by_text.insert(self.text.clone(), template);
        Some(template)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The template's text and the values.
    fn shred(shredder: &mut Shredder, line: &str) -> Option<(String, Vec<String>)> {
        let (template, cuts) = {
            let shredded = shredder.shred(line.as_bytes())?;
            (shredded.template, shredded.cuts.to_vec())
        };
        let values = cuts.iter().map(|cut| String::from_utf8(cut.of(line.as_bytes()).to_vec()).unwrap());
        let text = shredder.templates().nth(template as usize).unwrap().replace('\0', "|");
        Some((text, values.collect()))
    }

    #[test]
    fn lines_are_taken_apart() {
        for (line, expected) in [
            (
                r#"{"a":"x","b":12.50, "c":{"d":true,"e":[1,"]"]}}"#,
                Some((
                    r#"{"a":"|a|","b":|b|, "c":{"d":|c.d|,"e":|c.e|}}"#,
                    vec!["x", "12.50", "true", r#"[1,"]"]"#],
                )),
            ),
            (r#"{"a":"q\"uote","b":null}"#, Some((r#"{"a":"|a|","b":|b|}"#, vec![r#"q\"uote"#, "null"]))),
            (r#" {"a":""} "#, Some((r#" {"a":"|a|"} "#, vec![""]))),
            (r#"{"a":1,"a":2}"#, None),
            (r#"{"a":1} and more"#, None),
            (r#"{"a":1"#, None),
            (r#"{"a\n":1}"#, None),
            (r#"{"a":tru}"#, None),
            ("{}", None),
            ("[1,2]", None),
            (
                r#"level=info msg="hello there" took=3ms"#,
                Some((r#"level=|level| msg="|msg|" took=|took|"#, vec!["info", "hello there", "3ms"])),
            ),
            ("level=info and text", None),
            ("just text", None),
            ("a=1", None),
            (r#"a=1 b="esc\"aped""#, None),
            ("a=1  b=2", None),
            ("", None),
        ] {
            let expected = expected.map(|(text, values)| {
                (text.to_owned(), values.into_iter().map(str::to_owned).collect::<Vec<_>>())
            });
            let mut shredder = Shredder::new(1);
            for _ in 0..2 {
                assert_eq!(shred(&mut shredder, line), expected, "{line}");
            }
        }
    }

    #[test]
    fn the_number_of_fields_is_bounded() {
        for (rows, expected) in [(1, MAX_FIELDS), (MAX_CELLS / 100, 100), (1 << 30, MIN_FIELDS)] {
            let mut shredder = Shredder::new(rows);
            for n in 0..3 * MAX_FIELDS {
                let line = format!(r#"{{"k{n}":1}}"#);
                assert_eq!(shredder.shred(line.as_bytes()).is_some(), n < expected, "{line}");
            }
            assert_eq!(shredder.fields().len(), expected);
        }
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("true".to_owned()),
            Just("null".to_owned()),
            "-?[0-9]{1,4}(\\.[0-9]{1,3})?",
            "\"[a-z\\\\\"{},: é]{0,6}\"",
            "\\[[0-9,\\]\"]{0,4}\\]",
            "[a-z]{0,3}",
        ]
    }

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::collection::vec(("[a-c.]{0,2}", value()), 0..5).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
            prop::collection::vec(("[a-c]{0,2}", value()), 0..5).prop_map(|pairs| {
                let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
                pairs.join(" ")
            }),
            "[{}\\[\\]\",:=a1 \0]{0,20}",
        ]
    }

    proptest! {
        /// Whatever shapes came before, a line that is taken apart comes together again, and always in the same way.
        #[test]
        fn template_and_values_make_the_line(lines in prop::collection::vec(line(), 1..12)) {
            let mut shredder = Shredder::new(1);
            for line in &lines {
                let alone = shred(&mut Shredder::new(1), line);
                let found = shred(&mut shredder, line);
                prop_assert_eq!(&found, &alone);
                if let Some((_, values)) = found {
                    let template = shredder.shred(line.as_bytes()).unwrap().template;
                    let text = shredder.templates().nth(template as usize).unwrap();
                    let parsed = crate::columns::template::Template::parse(text).unwrap();
                    let mut joined = String::new();
                    for (literal, value) in parsed.literals.iter().zip(&values) {
                        joined.push_str(literal);
                        joined.push_str(value);
                    }
                    joined.push_str(parsed.literals.last().unwrap());
                    prop_assert_eq!(&joined, line);
                }
            }
        }
    }
}
