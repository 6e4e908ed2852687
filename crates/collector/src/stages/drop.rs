//! `drop`: drops the entries for which every condition given holds.

use std::time::Duration;

use jiff::Timestamp;
use regex::Regex;

use crate::config::{DropConfig, DropSource};
use crate::entry::Entry;
use crate::go_regex;
use crate::metrics::Number;
use crate::pipeline::{Context, Stage, StageEnvironment, Verdict};

/// See the module.
pub struct Drop {
    sources: Vec<String>,
    separator: String,
    text: Option<Text>,
    older_than: Option<Duration>,
    longer_than: Option<u64>,
    dropped: Number,
}

/// What the source must look like.
enum Text {
    Equals(String),
    Matches(Regex),
}

impl Drop {
    pub fn new(config: &DropConfig, environment: &StageEnvironment) -> Result<Self, String> {
        let text = match (&config.value, &config.expression) {
            (Some(_), Some(_)) => return Err("use either value or expression".to_owned()),
            (Some(value), None) => Some(Text::Equals(value.clone())),
            (None, Some(expression)) => Some(Text::Matches(go_regex::compile(expression)?)),
            (None, None) => None,
        };
        let sources = match config.source.clone() {
            None => Vec::new(),
            Some(DropSource::One(name)) => vec![name],
            Some(DropSource::Many(names)) => names,
        };
        if text.is_none() && sources.is_empty() && config.older_than.is_none() && config.longer_than.is_none()
        {
            return Err("needs a condition: source, expression, value, older_than or longer_than".to_owned());
        }
        Ok(Self {
            sources,
            separator: config.separator.clone().unwrap_or_else(|| ";".to_owned()),
            text,
            older_than: config.older_than,
            longer_than: config.longer_than,
            dropped: environment.dropped(config.drop_counter_reason.as_deref().unwrap_or("drop_stage")),
        })
    }

    fn text_matches(&self, entry: &Entry) -> bool {
        let matches = |text: &str| match &self.text {
            None => true,
            Some(Text::Equals(value)) => text == value,
            Some(Text::Matches(regex)) => regex.is_match(text),
        };
        match self.sources.as_slice() {
            [] => matches(&entry.line),
            [source] => entry.text(source).is_some_and(|text| matches(&text)),
            sources => {
                let texts: Option<Vec<_>> = sources.iter().map(|source| entry.text(source)).collect();
                texts.is_some_and(|texts| matches(&texts.join(&self.separator)))
            }
        }
    }

    fn is_older(&self, entry: &Entry) -> bool {
        self.older_than.is_none_or(|age| {
            let limit = Timestamp::now().as_nanosecond() - age.as_nanos() as i128;
            i128::from(entry.timestamp_ns) < limit
        })
    }
}

impl Stage for Drop {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        let is_longer = self.longer_than.is_none_or(|limit| entry.line.len() as u64 > limit);
        if is_longer && self.text_matches(entry) && self.is_older(entry) {
            self.dropped.count(1);
            return Verdict::Drop;
        }
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{problem, run};

    #[test]
    fn conditions() {
        let json = "json: {expressions: {level: , app: }}";
        let lines = [r#"{"level":"debug","app":"a"}"#, r#"{"level":"info","app":"a"}"#, r#"{"app":"b"}"#];
        for (drop, kept) in [
            ("source: level, value: debug", vec![1, 2]),
            ("source: level, expression: 'de.*|in.*'", vec![2]),
            ("source: level", vec![2]),
            ("source: [level, app], expression: 'debug;a'", vec![1, 2]),
            ("source: [level, app], separator: '-', value: info-a", vec![0, 2]),
            ("expression: '\"app\":\"b\"'", vec![0, 1]),
            ("longer_than: 26", vec![1, 2]),
            ("longer_than: 26b, source: level, value: info", vec![0, 1, 2]),
            ("source: filename, value: /logs/app.log", vec![]),
        ] {
            let out = run(&format!("[{{{json}}}, {{drop: {{{drop}}}}}]"), &lines);
            let expected: Vec<_> = kept.iter().map(|index: &usize| lines[*index].to_owned()).collect();
            assert_eq!(out, expected, "{drop}");
        }
    }

    #[test]
    fn old_entries() {
        let stages = "[{timestamp: {source: filename, format: RFC3339}}, {regex: {expression: '(?P<t>.*)'}}, \
                       {timestamp: {source: t, format: RFC3339}}, {drop: {older_than: 24h}}]";
        assert!(run(stages, &["2020-01-01T00:00:00Z"]).is_empty());
        assert_eq!(run(stages, &["2126-01-01T00:00:00Z"]).len(), 1);
    }

    #[test]
    fn senseless_options_are_refused() {
        assert!(problem("[{drop: {}}]").contains("needs a condition"));
        assert!(problem("[{drop: {value: a, expression: b}}]").contains("either"));
        assert!(problem("[{drop: {expression: '('}}]").contains("drop"));
    }
}
