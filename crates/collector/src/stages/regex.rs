//! `regex`: extracts the named groups of an expression.

use std::sync::Arc;

use regex::CaptureLocations;

use crate::config::RegexConfig;
use crate::entry::Entry;
use crate::go_regex;
use crate::labels::is_label_name;
use crate::pipeline::{Context, Stage, Verdict};

/// See the module.
pub struct Regex {
    regex: regex::Regex,
    groups: Vec<(usize, Arc<str>)>,
    locations: CaptureLocations,
    source: Option<String>,
    labels_from_groups: bool,
    scratch: String,
}

impl Regex {
    pub fn new(config: &RegexConfig) -> Result<Self, String> {
        let regex = go_regex::compile(&config.expression)?;
        let groups: Vec<(usize, Arc<str>)> = regex
            .capture_names()
            .enumerate()
            .filter_map(|(index, name)| Some((index, Arc::from(name?))))
            .collect();
        if groups.is_empty() {
            return Err(format!(
                "expression {:?} has no named group, such as (?P<level>\\w+)",
                config.expression
            ));
        }
        if config.labels_from_groups
            && let Some((_, name)) = groups.iter().find(|(_, name)| !is_label_name(name))
        {
            return Err(format!("group {name:?} is not a label name"));
        }
        Ok(Self {
            locations: regex.capture_locations(),
            regex,
            groups,
            source: config.source.clone(),
            labels_from_groups: config.labels_from_groups,
            scratch: String::new(),
        })
    }
}

impl Stage for Regex {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        self.scratch.clear();
        match entry.source(self.source.as_deref()) {
            Some(text) => self.scratch.push_str(&text),
            None => return Verdict::Pass,
        }
        if self.regex.captures_read(&mut self.locations, &self.scratch).is_none() {
            return Verdict::Pass;
        }
        for (index, name) in &self.groups {
            // A group that took no part is empty, not absent.
            let text = self.locations.get(*index).map_or("", |(start, end)| &self.scratch[start..end]);
            entry.extracted.set_text(name, text);
            if self.labels_from_groups && !text.is_empty() {
                entry.labels.set(name, text);
            }
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, table};

    #[test]
    fn groups_are_extracted() {
        let stages = r"[{regex: {expression: '^(?P<ip>\S+) - (?P<user>\w+)? ?(?:.*) (?P<code>\d+)$'}}, {structured_metadata: {ip: , user: , code: }}]";
        table(
            stages,
            &[
                ("1.2.3.4 - bob GET / 200", "1.2.3.4 - bob GET / 200 | [code=200 ip=1.2.3.4 user=bob]"),
                ("no match", "no match"),
            ],
        );
    }

    #[test]
    fn another_value_can_be_the_source() {
        table(
            "[{regex: {source: filename, expression: '/(?P<service_name>[^/]+)\\.log$'}}, {labels: {service_name: }}]",
            &[("x", r#"x | {filename="/logs/app.log", job="test", service_name="app"}"#)],
        );
        table(
            "[{regex: {expression: '(?P<level>\\w+)', labels_from_groups: true}}]",
            &[("warn x", r#"warn x | {filename="/logs/app.log", job="test", level="warn"}"#)],
        );
    }

    #[test]
    fn expressions_are_checked() {
        assert!(problem("[{regex: {expression: '('}}]").contains("regex"));
        assert!(problem("[{regex: {expression: '(a)'}}]").contains("named group"));
    }
}
