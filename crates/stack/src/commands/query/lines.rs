//! Log lines as the log store returns them, and as people read them.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::cli::QueryFormat;
use crate::pretty;
use crate::ui::Style;

/// Labels of streams.
pub type Labels = BTreeMap<String, String>;

/// One stream of an answer.
#[derive(Debug, Deserialize)]
pub struct Stream {
    stream: Labels,
    values: Vec<Value>,
}

/// Time in nanoseconds, line, and perhaps structured metadata.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Value {
    Plain(String, String),
    WithMetadata(String, String, serde::de::IgnoredAny),
}

/// One line.
#[derive(Debug)]
pub struct Entry {
    pub ns: i128,
    labels: Rc<Labels>,
    line: String,
}

/// All lines of `streams`, oldest first; lines of the same time stay in the order of the answer.
pub fn merge(streams: Vec<Stream>, newest_first: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    for Stream { stream, values } in streams {
        let labels = Rc::new(stream);
        let mut of_stream: Vec<Entry> = values
            .into_iter()
            .map(|value| {
                let (ns, line) = match value {
                    Value::Plain(ns, line) | Value::WithMetadata(ns, line, _) => (ns, line),
                };
                Entry { ns: ns.parse().unwrap_or_default(), labels: Rc::clone(&labels), line }
            })
            .collect();
        if newest_first {
            of_stream.reverse();
        }
        entries.append(&mut of_stream);
    }
    entries.sort_by_key(|entry| entry.ns);
    entries
}

/// Prints lines.
#[derive(Debug)]
pub struct Printer {
    pub format: QueryFormat,
    pub style: Style,
    /// The widest name of a service so far, so that lines stand below each other.
    width: usize,
}

impl Printer {
    pub fn new(format: QueryFormat, style: Style) -> Self {
        Self { format, style, width: 0 }
    }

    /// Prints `entries`.
    pub fn print(&mut self, entries: &[Entry]) -> io::Result<()> {
        let mut stdout = io::BufWriter::new(io::stdout().lock());
        for entry in entries {
            self.width = self.width.max(entry.label().chars().count());
        }
        for entry in entries {
            match self.format {
                QueryFormat::Text => writeln!(stdout, "{}", entry.text(self.width, self.style))?,
                QueryFormat::Json | QueryFormat::Jsonl => writeln!(stdout, "{}", entry.json())?,
            }
        }
        stdout.flush()
    }
}

impl Entry {
    /// Who wrote it: the service, or whatever the stream is called.
    fn label(&self) -> String {
        let name = ["service_name", "service", "job", "app", "container"]
            .into_iter()
            .find_map(|name| self.labels.get(name));
        name.cloned().unwrap_or_else(|| series_name(&self.labels))
    }

    fn text(&self, width: usize, style: Style) -> String {
        let level =
            ["level", "detected_level", "severity"].into_iter().find_map(|name| self.labels.get(name));
        pretty::dated(&self.line, self.time(), level.map(String::as_str), &self.label(), width, style)
    }

    fn json(&self) -> String {
        let time = self.time().map(|time| time.to_string());
        json!({"timestamp": time, "ns": self.ns.to_string(), "labels": *self.labels, "line": self.line})
            .to_string()
    }

    fn time(&self) -> Option<Timestamp> {
        Timestamp::from_nanosecond(self.ns).ok()
    }
}

/// Labels in one word: `{a="1", b="2"}`.
pub fn series_name(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_merged_by_time() {
        let streams = r#"[
            {"stream":{"service_name":"b","level":"warn"},"values":[["3000000000","late"],["1000000000","early",{"structuredMetadata":{}}]]},
            {"stream":{"x":"1"},"values":[["2000000000","{\"message\":\"middle\",\"n\":1}"]]}
        ]"#;
        let entries = merge(serde_json::from_str(streams).unwrap(), true);
        let lines: Vec<&str> = entries.iter().map(|entry| entry.line.as_str()).collect();
        assert_eq!(lines, ["early", r#"{"message":"middle","n":1}"#, "late"]);
        let text = entries[0].text(1, Style::PLAIN);
        assert!(text.ends_with(":01.000 WARN  b  early"), "{text}");
        let text = entries[1].text(9, Style::PLAIN);
        assert!(text.ends_with(r#":02.000 INFO  {x="1"}    middle n=1"#), "{text}");
        let json: serde_json::Value = serde_json::from_str(&entries[2].json()).unwrap();
        assert_eq!(
            (&json["labels"]["level"], &json["line"], &json["ns"]),
            (&"warn".into(), &"late".into(), &"3000000000".into())
        );
    }
}
