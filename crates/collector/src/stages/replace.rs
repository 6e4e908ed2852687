//! `replace`: replaces what the groups of an expression capture.

use std::sync::Arc;

use regex::{Captures, Regex};

use crate::config::ReplaceConfig;
use crate::entry::Entry;
use crate::go_regex;
use crate::pipeline::{Context, Stage, Verdict};
use crate::template::{Fields, Template};

/// See the module. The replacement is a template in which `.Value` is the captured text; named groups are extracted
/// with what replaced them.
pub struct Replace {
    regex: Regex,
    names: Vec<Option<Arc<str>>>,
    source: Option<Arc<str>>,
    template: Template,
}

/// The new text, and the named groups with what replaced them.
type Replaced = (String, Vec<(Arc<str>, String)>);

impl Replace {
    pub fn new(config: &ReplaceConfig) -> Result<Self, String> {
        let regex = go_regex::compile(&config.expression)?;
        if regex.captures_len() < 2 {
            return Err(format!(
                "expression {:?} has no group; put ( ) around what to replace",
                config.expression
            ));
        }
        Ok(Self {
            names: regex.capture_names().map(|name| name.map(Arc::from)).collect(),
            regex,
            source: config.source.as_deref().filter(|name| !name.is_empty()).map(Arc::from),
            template: Template::parse(&config.replace).map_err(|error| error.to_string())?,
        })
    }

    /// The text with all replacements, and named groups of the first match. `None` without a match.
    fn replace(&self, text: &str, entry: &Entry) -> Option<Replaced> {
        let texts = entry.texts();
        let mut fields: Fields<'_> = texts.iter().map(|(name, text)| (*name, text.as_ref())).collect();
        let mut out = String::with_capacity(text.len());
        let mut named = Vec::new();
        let mut end = 0;
        for (index, captures) in self.regex.captures_iter(text).enumerate() {
            for (group, range, replacement) in self.replacements(&captures, &mut fields) {
                if index == 0
                    && let Some(name) = &self.names[group]
                {
                    named.push((Arc::clone(name), replacement.clone()));
                }
                // A group within a group was replaced with it.
                if range.start >= end {
                    out.push_str(&text[end..range.start]);
                    out.push_str(&replacement);
                    end = range.end;
                }
            }
        }
        if end == 0 && named.is_empty() && !self.regex.is_match(text) {
            return None;
        }
        out.push_str(&text[end..]);
        Some((out, named))
    }

    fn replacements<'a>(
        &self,
        captures: &Captures<'a>,
        fields: &mut Fields<'a>,
    ) -> Vec<(usize, std::ops::Range<usize>, String)> {
        let groups = captures.iter().enumerate().skip(1);
        groups
            .filter_map(|(group, captured)| {
                let captured = captured?;
                fields.insert("Value", captured.as_str());
                // A template that fails leaves the text as it is.
                let replacement =
                    self.template.render(fields).unwrap_or_else(|_| captured.as_str().to_owned());
                Some((group, captured.range(), replacement))
            })
            .collect()
    }
}

impl Stage for Replace {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        let Some(text) = entry.source(self.source.as_deref()).map(|text| text.into_owned()) else {
            return Verdict::Pass;
        };
        if let Some((replaced, named)) = self.replace(&text, entry) {
            for (name, value) in &named {
                entry.extracted.set_text(name, value);
            }
            match &self.source {
                None => entry.line = replaced,
                Some(name) => entry.extracted.set_text(name, &replaced),
            }
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, table};

    #[test]
    fn groups_are_replaced() {
        for (options, line, expected) in [
            (
                r"expression: 'password (\S+)', replace: '****'",
                "password hush, password x",
                "password **** password ****",
            ),
            (r"expression: '(\d+)-(\d+)', replace: '<{{ .Value }}>'", "a 1-2 b 3-4", "a <1>-<2> b <3>-<4>"),
            (r"expression: '(\w+) (?P<x>\w+)', replace: '{{ .Value | ToUpper }}'", "a b", "A B"),
            (r"expression: '((a)b)', replace: 'x'", "abab", "xx"),
            (r"expression: '(a)', replace: ''", "banana", "bnn"),
            (r"expression: '(z)', replace: 'y'", "banana", "banana"),
        ] {
            table(&format!("[{{replace: {{{options}}}}}]"), &[(line, expected)]);
        }
    }

    #[test]
    fn values_and_named_groups() {
        table(
            r"[{json: {expressions: {ip: }}}, {replace: {source: ip, expression: '(?P<host>\d+)$', replace: '{{ .job }}'}}, {structured_metadata: {ip: , host: }}]",
            &[(r#"{"ip":"1.2.3"}"#, r#"{"ip":"1.2.3"} | [host=test ip=1.2.test]"#)],
        );
        assert!(problem("[{replace: {expression: 'a', replace: b}}]").contains("group"));
    }
}
