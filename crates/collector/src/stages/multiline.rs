//! `multiline`: joins the lines of a block, such as a stack trace, into one entry.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use regex::Regex;

use crate::config::MultilineConfig;
use crate::entry::{Entry, Origin};
use crate::go_regex;
use crate::labels::LabelSet;
use crate::pipeline::{Context, Expiry, Stage, Verdict};

/// Label sets with a block under way at most; one more passes unjoined.
const MAX_BLOCKS: usize = 1000;

/// See the module. A block takes time and extracted values from its first line.
pub struct Multiline {
    firstline: Regex,
    max_lines: usize,
    max_wait: Duration,
    blocks: HashMap<LabelSet, Block>,
}

struct Block {
    entry: Entry,
    lines: usize,
    touched: Instant,
}

impl Block {
    fn begin(entry: &Entry, now: Instant) -> Self {
        Self { entry: entry.clone(), lines: 1, touched: now }
    }
}

impl Multiline {
    pub fn new(config: &MultilineConfig) -> Result<Self, String> {
        if config.max_lines == 0 {
            return Err("max_lines must be above 0".to_owned());
        }
        Ok(Self {
            firstline: go_regex::compile(&config.firstline)?,
            max_lines: config.max_lines,
            max_wait: config.max_wait_time,
            blocks: HashMap::new(),
        })
    }
}

impl Stage for Multiline {
    fn process(&mut self, entry: &mut Entry, context: &mut Context) -> Verdict {
        let is_first = self.firstline.is_match(&entry.line);
        let Some(block) = self.blocks.get_mut(&entry.labels) else {
            // Lines before the first block's beginning are entries of their own.
            if !is_first || self.max_lines == 1 || self.blocks.len() >= MAX_BLOCKS {
                return Verdict::Pass;
            }
            self.blocks.insert(entry.labels.clone(), Block::begin(entry, context.now));
            return Verdict::Held;
        };
        if is_first || block.entry.line.len() + entry.line.len() >= crate::MAX_LINE_BYTES {
            let finished = std::mem::replace(block, Block::begin(entry, context.now));
            *entry = finished.entry;
            return Verdict::Pass;
        }
        block.entry.line.push('\n');
        block.entry.line.push_str(&entry.line);
        block.lines += 1;
        block.touched = context.now;
        if block.lines < self.max_lines {
            return Verdict::Held;
        }
        let finished = self.blocks.remove(&entry.labels).expect("the block was just extended");
        *entry = finished.entry;
        Verdict::Pass
    }

    fn expire(&mut self, expiry: Expiry, entry: &mut Entry, _context: &mut Context) -> bool {
        let is_due = |block: &Block| match expiry {
            Expiry::All => true,
            Expiry::Due(now) => now.saturating_duration_since(block.touched) >= self.max_wait,
        };
        let Some(key) = self.blocks.iter().find(|(_, block)| is_due(block)).map(|(key, _)| key.clone())
        else {
            return false;
        };
        *entry = self.blocks.remove(&key).expect("the key was just found").entry;
        true
    }

    fn held(&self, visit: &mut dyn FnMut(Origin)) {
        #[expect(clippy::iter_over_hash_type, reason = "only the smallest offset matters")]
        for block in self.blocks.values() {
            visit(block.entry.origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::testing::{pipeline, problem, run};
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn blocks_begin_with_their_first_line() {
        let out = run(
            "[{multiline: {firstline: '^\\['}}]",
            &["early", "[1] a", "  at b", "  at c", "[2] d", "[3] e", "  at f"],
        );
        assert_eq!(out, ["early", "[1] a⏎  at b⏎  at c", "[2] d", "[3] e⏎  at f"]);
    }

    #[test]
    fn long_blocks_are_cut() {
        let out = run("[{multiline: {firstline: '^A', max_lines: 2}}]", &["A", "b", "c", "A", "A"]);
        assert_eq!(out, ["A⏎b", "c", "A", "A"]);
    }

    #[test]
    fn blocks_end_with_time_and_hold_their_position_until_then() {
        let mut pipeline =
            pipeline("[{multiline: {firstline: '^A', max_wait_time: 3s}}]", &Metrics::default()).unwrap();
        let now = Instant::now();
        let mut context = Context::new(now);
        let mut entry = Entry::default();
        for (start, line) in [(7, "A"), (9, "b")] {
            let origin = Origin { source: 4, start };
            entry.reset(&Arc::default(), line, 0, origin);
            assert_eq!(pipeline.process(&mut entry, &mut context), Verdict::Held);
        }
        let mut held = Vec::new();
        pipeline.held(&mut |origin| held.push(origin.start));
        assert_eq!(held, [7]);
        let early = Expiry::Due(now + Duration::from_secs(2));
        assert!(!pipeline.expire(early, &mut entry, &mut context));
        let late = Expiry::Due(now + Duration::from_secs(3));
        assert!(pipeline.expire(late, &mut entry, &mut context));
        assert_eq!(entry.line, "A\nb");
        pipeline.held(&mut |_| panic!("nothing is held any more"));
    }

    #[test]
    fn options_are_checked() {
        assert!(problem("[{multiline: {firstline: '['}}]").contains("multiline"));
        assert!(problem("[{multiline: {firstline: 'a', max_lines: 0}}]").contains("max_lines"));
    }
}
