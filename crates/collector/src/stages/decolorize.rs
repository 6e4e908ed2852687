//! `decolorize`: removes the escape sequences with which programs colour their lines.

use crate::entry::Entry;
use crate::pipeline::{Context, Stage, Verdict};

/// See the module.
pub struct Decolorize;

impl Stage for Decolorize {
    fn process(&mut self, entry: &mut Entry, _context: &mut Context) -> Verdict {
        if memchr::memchr(0x1b, entry.line.as_bytes()).is_some() {
            entry.line = strip(&entry.line);
        }
        Verdict::Pass
    }
}

/// `line` without control sequences (`ESC [ parameters final`) and other two-byte escapes.
fn strip(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
        } else if chars.next_if_eq(&'[').is_some() {
            while chars.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
            chars.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
        } else {
            chars.next_if(|c| ('\u{40}'..='\u{5f}').contains(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn colours_go_text_stays() {
        super::super::testing::table(
            "[{decolorize: {}}]",
            &[
                ("plain [0m", "plain [0m"),
                ("\u{1b}[1;31mred\u{1b}[0m text", "red text"),
                ("\u{1b}[38;5;12mé\u{1b}[K", "é"),
                ("cut \u{1b}[", "cut "),
            ],
        );
    }
}
