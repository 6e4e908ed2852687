//! `cri`: takes the line format of container runtimes apart (`<time> <stream> <P|F> <content>`) and joins partial lines.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::CriConfig;
use crate::entry::{Entry, Origin};
use crate::labels::LabelSet;
use crate::pipeline::{Context, Expiry, Stage, Verdict};
use crate::timefmt;

/// Bytes of partial lines joined at most when the configuration sets no limit.
const MAX_JOINED_BYTES: usize = crate::MAX_LINE_BYTES;

/// See the module.
pub struct Cri {
    max_streams: usize,
    max_bytes: usize,
    stream_name: Arc<str>,
    names: [Arc<str>; 4],
    partial: HashMap<LabelSet, Partial>,
}

/// The beginning of a line whose end hasn't come.
struct Partial {
    entry: Entry,
    origin: Origin,
}

impl Cri {
    pub fn new(config: &CriConfig) -> Self {
        let limit = config.max_partial_line_size as usize;
        Self {
            max_streams: config.max_partial_lines,
            max_bytes: if config.max_partial_line_size_truncate && limit > 0 {
                limit.min(MAX_JOINED_BYTES)
            } else {
                MAX_JOINED_BYTES
            },
            stream_name: Arc::from("stream"),
            names: ["stream", "flags", "content", "time"].map(Arc::from),
            partial: HashMap::new(),
        }
    }

    fn join(&mut self, entry: &mut Entry) {
        if let Some(mut begun) = self.partial.remove(&entry.labels) {
            append(&mut begun.entry.line, &entry.line, self.max_bytes);
            std::mem::swap(&mut begun.entry.line, &mut entry.line);
            entry.origin = begun.origin;
        }
    }

    fn hold(&mut self, entry: &mut Entry) -> Verdict {
        if let Some(begun) = self.partial.get_mut(&entry.labels) {
            append(&mut begun.entry.line, &entry.line, self.max_bytes);
            return Verdict::Held;
        }
        if self.partial.len() >= self.max_streams {
            // Rather a line in pieces than one that is lost.
            return Verdict::Pass;
        }
        let begun = Partial { entry: entry.clone(), origin: entry.origin };
        self.partial.insert(entry.labels.clone(), begun);
        Verdict::Held
    }
}

/// Appends as much of `more` as fits, whole characters only.
fn append(line: &mut String, more: &str, max_bytes: usize) {
    let room = max_bytes.saturating_sub(line.len());
    line.push_str(&more[..more.floor_char_boundary(room.min(more.len()))]);
}

/// The four parts of a line.
fn split(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (time, rest) = line.split_once(' ')?;
    let (stream, rest) = rest.split_once(' ')?;
    let (flags, content) = rest.split_once(' ').unwrap_or((rest, ""));
    (matches!(stream, "stdout" | "stderr") && !flags.is_empty()).then_some((time, stream, flags, content))
}

impl Stage for Cri {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        let line = std::mem::take(&mut entry.line);
        let Some((time, stream, flags, content)) = split(&line) else {
            entry.line = line;
            return Verdict::Pass;
        };
        if let Some(timestamp_ns) = timefmt::parse_rfc3339(time) {
            entry.timestamp_ns = timestamp_ns;
        }
        for (name, text) in self.names.iter().zip([stream, flags, content, time]) {
            entry.extracted.set_text(name, text);
        }
        entry.labels.set(&self.stream_name, stream);
        entry.line.push_str(content);
        // Flags are tags joined by colons; the first says whether the line is partial or full.
        if flags.split(':').next() == Some("P") {
            return self.hold(entry);
        }
        self.join(entry);
        Verdict::Pass
    }

    fn expire(&mut self, expiry: Expiry, entry: &mut Entry, _context: &mut Context) -> bool {
        if matches!(expiry, Expiry::Due(_)) {
            return false;
        }
        let Some(key) = self.partial.keys().next().cloned() else {
            return false;
        };
        let begun = self.partial.remove(&key).expect("the key was just found");
        *entry = begun.entry;
        true
    }

    fn held(&self, visit: &mut dyn FnMut(Origin)) {
        #[expect(clippy::iter_over_hash_type, reason = "only the smallest offset matters")]
        for begun in self.partial.values() {
            visit(begun.origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::run;

    const FULL: &str =
        r#"{filename="/logs/app.log", job="test", stream="stdout"} | @2026-01-02T03:04:05.000000006Z"#;

    #[test]
    fn lines_are_taken_apart_and_joined() {
        let out = run(
            "[{cri: {}}]",
            &[
                "2026-01-02T03:04:05.000000006Z stdout F whole line",
                "2026-01-02T03:04:05.000000001Z stdout P one ",
                "2026-01-02T03:04:05.000000002Z stderr P other ",
                "2026-01-02T03:04:05.000000002Z stdout P two ",
                "2026-01-02T03:04:05.000000006Z stdout F three",
                "not of this format",
                "2026-01-02T03:04:05.000000006Z stdout F ",
            ],
        );
        assert_eq!(out[0], format!("whole line | {FULL}"));
        assert_eq!(out[1], format!("one two three | {FULL}"));
        assert_eq!(out[2], "not of this format");
        assert_eq!(out[3], format!(" | {FULL}"));
        assert!(out[4].starts_with("other  | "), "the unfinished line comes out at the end: {}", out[4]);
    }

    #[test]
    fn bounds_hold() {
        let line =
            |flag: &str, content: &str| format!("2026-01-02T03:04:05.000000006Z stdout {flag} {content}");
        let out = run(
            "[{cri: {max_partial_line_size: 5, max_partial_line_size_truncate: true}}]",
            &[&line("P", "abcd"), &line("P", "éf"), &line("F", "g")],
        );
        assert_eq!(out, [format!("abcdg | {FULL}")]);
        let out = run("[{cri: {max_partial_lines: 0}}]", &[&line("P", "a"), &line("F", "b")]);
        assert_eq!(out, [format!("a | {FULL}"), format!("b | {FULL}")]);
    }
}
