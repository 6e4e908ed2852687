//! `docker`: unwraps the lines of Docker's json-file driver (`{"log":…,"stream":…,"time":…}`).

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;

use crate::entry::Entry;
use crate::pipeline::{Context, Stage, Verdict};
use crate::timefmt;

/// See the module.
pub struct Docker {
    stream: Arc<str>,
    output: Arc<str>,
    timestamp: Arc<str>,
}

#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow, default)]
    stream: Cow<'a, str>,
    #[serde(borrow, default)]
    time: Cow<'a, str>,
}

impl Docker {
    pub fn new() -> Self {
        let [stream, output, timestamp] = ["stream", "output", "timestamp"].map(Arc::from);
        Self { stream, output, timestamp }
    }
}

impl Stage for Docker {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        let line = std::mem::take(&mut entry.line);
        let Ok(wrapped) = serde_json::from_str::<Wrapped<'_>>(&line) else {
            entry.line = line;
            return Verdict::Pass;
        };
        // The driver keeps the newline that ended the program's line.
        let log = wrapped.log.strip_suffix('\n').unwrap_or(&wrapped.log);
        entry.extracted.set_text(&self.output, log);
        entry.extracted.set_text(&self.stream, &wrapped.stream);
        entry.extracted.set_text(&self.timestamp, &wrapped.time);
        entry.labels.set(&self.stream, &wrapped.stream);
        if let Some(timestamp_ns) = timefmt::parse_rfc3339(&wrapped.time) {
            entry.timestamp_ns = timestamp_ns;
        }
        entry.line.push_str(log);
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn wrapped_lines() {
        super::super::testing::table(
            "[{docker: {}}]",
            &[
                (
                    r#"{"log":"say \"hi\"\n","stream":"stderr","time":"2026-01-02T03:04:05.123456789Z"}"#,
                    r#"say "hi" | {filename="/logs/app.log", job="test", stream="stderr"} | @2026-01-02T03:04:05.123456789Z"#,
                ),
                ("plain", "plain"),
                (r#"{"no":"log"}"#, r#"{"no":"log"}"#),
            ],
        );
    }
}
