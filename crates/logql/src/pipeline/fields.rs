//! What a line holds, without a query that says how it is to be read: for lists of fields that are offered to people.
//!
//! A line is read as JSON and, if it is none, as logfmt, with the very parsers of `| json` and `| logfmt`, so that what is
//! listed is what a query will find.

use std::borrow::Cow;
use std::ops::Range;

use crate::eval::LabelSet;
use crate::pipeline::Hints;
use crate::pipeline::json::{self, MAX_DEPTH};
use crate::pipeline::json_scan::{Fault, Flow, Kind, Member, TOO_DEEP, members, unescape};
use crate::pipeline::labels::{Category, Texts, WorkLabels, is_error_name};
use crate::pipeline::line::Line;
use crate::pipeline::logfmt::Logfmt;
use crate::pipeline::names::{NameId, Names};

/// How a line could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldParser {
    Json,
    Logfmt,
}

impl FieldParser {
    /// The stage's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Logfmt => "logfmt",
        }
    }
}

/// Finds the fields of lines, stream by stream.
#[derive(Debug, Clone)]
pub struct FieldFinder {
    labels: WorkLabels,
    stream: LabelSet,
    logfmt: Logfmt,
    /// By name: the last line whose path of that name was told.
    told: Vec<u64>,
    line: u64,
}

impl Default for FieldFinder {
    fn default() -> Self {
        let mut names = Names::new();
        names.pin();
        Self {
            labels: WorkLabels::new(names, Hints::default()),
            stream: LabelSet::default(),
            logfmt: Logfmt::lenient(),
            told: Vec::new(),
            line: 0,
        }
    }
}

impl FieldFinder {
    /// The lines that follow have these labels: fields of the same names are called `<name>_extracted`.
    pub fn begin_stream(&mut self, labels: &LabelSet) {
        self.labels.begin_stream(labels.iter());
        self.stream.clone_from(labels);
    }

    pub fn find<'a>(&'a mut self, line: &'a str) -> FoundFields<'a> {
        if self.labels.names_overfull() {
            self.labels.begin_stream(self.stream.iter());
            self.told.clear();
        }
        self.line += 1;
        let whole = Line { text: line, formatted_at: None };
        self.labels.begin_line(&[]);
        json::extract(whole, &mut self.labels);
        let parser = if self.labels.has_error() {
            self.labels.begin_line(&[]);
            self.logfmt.extract(whole, &mut self.labels);
            FieldParser::Logfmt
        } else {
            FieldParser::Json
        };
        FoundFields { finder: self, line, parser }
    }
}

/// The fields of one line.
#[derive(Debug)]
pub struct FoundFields<'a> {
    finder: &'a mut FieldFinder,
    line: &'a str,
    parser: FieldParser,
}

impl FoundFields<'_> {
    /// Who has read the line. Lines that are neither JSON nor logfmt are logfmt without fields.
    pub fn parser(&self) -> FieldParser {
        self.parser
    }

    /// Name and value of every field.
    pub fn for_each(&self, mut visit: impl FnMut(&str, &str)) {
        let labels = &self.finder.labels;
        let texts = Texts { metadata: &[], line: self.line, formatted: "" };
        labels.for_each(texts, |name, category, value| {
            let name = labels.names.text(name);
            if category == Category::Parsed && !is_error_name(name) {
                visit(name, value);
            }
        });
    }

    /// The names of fields with the keys that lead to them in a JSON line. Of several ways the first one counts, as it
    /// does for the value.
    pub fn for_each_json_path(self, visit: impl FnMut(&str, &[Cow<'_, str>])) {
        if self.parser != FieldParser::Json {
            return;
        }
        let FieldFinder { labels, told, line, .. } = self.finder;
        let mut walk = PathWalk { text: self.line, labels, told, line: *line, path: Vec::new(), visit };
        // The line has been read without a fault before.
        let _no_fault = walk.object(0..self.line.len(), None);
    }
}

/// Goes through an object as the parser does, with the keys it has come by.
struct PathWalk<'a, V> {
    text: &'a str,
    labels: &'a mut WorkLabels,
    told: &'a mut Vec<u64>,
    line: u64,
    path: Vec<Cow<'a, str>>,
    visit: V,
}

impl<V: FnMut(&str, &[Cow<'_, str>])> PathWalk<'_, V> {
    fn object(&mut self, range: Range<usize>, prefix: Option<NameId>) -> Result<Flow, Fault> {
        if self.path.len() > MAX_DEPTH {
            return Err(TOO_DEEP.into());
        }
        members(self.text, range, |member| self.member(member, prefix))
    }

    fn member(&mut self, member: &Member, prefix: Option<NameId>) -> Result<Flow, Fault> {
        if matches!(member.kind, Kind::Null | Kind::Array) {
            return Ok(Flow::Continue);
        }
        let mut key = Cow::Borrowed(&self.text[member.key.clone()]);
        if member.key_escaped {
            let mut plain = String::new();
            unescape(&key, &mut plain).ok_or("a JSON key has an unknown escape")?;
            key = Cow::Owned(plain);
        }
        let Some(name) = self.labels.names.of_key(prefix, &key) else { return Ok(Flow::Continue) };
        self.path.push(key);
        let flow = if member.kind == Kind::Object {
            self.object(member.value.clone(), Some(name))
        } else {
            self.tell(name);
            Ok(Flow::Continue)
        };
        self.path.pop();
        flow
    }

    fn tell(&mut self, name: NameId) {
        let name = self.labels.parsed_name(name);
        if self.told.len() <= name.index() {
            self.told.resize(self.labels.names.len().max(name.index() + 1), 0);
        }
        let text = self.labels.names.text(name);
        if self.told[name.index()] != self.line && !is_error_name(text) {
            self.told[name.index()] = self.line;
            (self.visit)(text, &self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(labels: &[(&str, &str)], line: &str) -> (&'static str, Vec<String>, Vec<String>) {
        let mut finder = FieldFinder::default();
        finder.begin_stream(&labels.iter().copied().collect());
        let found = finder.find(line);
        let parser = found.parser().name();
        let (mut fields, mut paths) = (Vec::new(), Vec::new());
        found.for_each(|name, value| fields.push(format!("{name}={value}")));
        found.for_each_json_path(|name, path| paths.push(format!("{name}:{}", path.join("/"))));
        (parser, fields, paths)
    }

    #[test]
    fn lines_are_json_or_else_logfmt() {
        for (line, parser, fields, paths) in [
            (r#"{"a":1,"b":{"c d":"x"}}"#, "json", &["a=1", "b_c_d=x"][..], &["a:a", "b_c_d:b/c d"][..]),
            (r#"{"a.b":1,"a_b":2,"n":null,"l":[1]}"#, "json", &["a_b=1"], &["a_b:a.b"]),
            (r#"{"k\"":true,"":1,"e":""}"#, "json", &["k_=true", "e="], &["k_:k\"", "e:e"]),
            (r#"{"job":"x"}"#, "json", &["job_extracted=x"], &["job_extracted:job"]),
            (r#"{"__error__":"fake","_x":1}"#, "json", &["_x=1"], &["_x:_x"]),
            (r#"{"a":1"#, "logfmt", &[], &[]),
            (r#"a=1 job=2 b= "c"=1 d="e f""#, "logfmt", &["a=1", "job_extracted=2", "d=e f"], &[]),
            ("no fields here", "logfmt", &[], &[]),
            ("", "logfmt", &[], &[]),
        ] {
            let expected = (parser, fields.iter().map(ToString::to_string).collect::<Vec<_>>());
            let (by, all, ways) = found(&[("job", "shop")], line);
            assert_eq!((by, all), expected, "{line}");
            assert_eq!(ways, paths, "{line}");
        }
    }

    #[test]
    fn streams_and_lines_do_not_mix() {
        let mut finder = FieldFinder::default();
        let mut names = Vec::new();
        for (labels, line) in
            [(&[("a", "1")][..], "a=1 b=2"), (&[], "a=1"), (&[("b", "1")], r#"{"b":{"c":1},"b_c":2}"#)]
        {
            finder.begin_stream(&labels.iter().copied().collect());
            finder.find(line).for_each(|name, value| names.push(format!("{name}={value}")));
        }
        assert_eq!(names, ["a_extracted=1", "b=2", "a=1", "b_c=1"]);
    }

    proptest! {
        /// Every field of a JSON line has exactly one path, whatever the line.
        #[test]
        fn each_json_field_has_one_path(line in r#"\{("[ab._]{0,3}":("x"|1|null|\{"[ab]":2\}|\[\]),){0,6}\}"#) {
            let (parser, fields, paths) = found(&[("a", "1")], &line);
            if parser == "json" {
                let name = |text: &String, end| text.split(end).next().map(str::to_owned);
                let mut with_value: Vec<_> = fields.iter().map(|field| name(field, '=')).collect();
                let mut with_path: Vec<_> = paths.iter().map(|path| name(path, ':')).collect();
                with_value.sort();
                with_path.sort();
                prop_assert_eq!(with_value, with_path);
            }
        }

        #[test]
        fn no_line_makes_it_panic(line in r#"[{}\[\]",:\\a1\-=. é]{0,30}"#) {
            drop(found(&[("a", "1")], &line));
        }
    }
}
