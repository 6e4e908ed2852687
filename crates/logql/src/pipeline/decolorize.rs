//! `| decolorize`: the line without the sequences that colour it on a terminal.

/// The control sequence introducer: escape and bracket, or one character.
const ESCAPE: char = '\u{1b}';
const CSI: char = '\u{9b}';

/// Writes the line without colour sequences to `out`; returns whether there were any.
pub(crate) fn strip(line: &str, out: &mut String) -> bool {
    let mut rest = line;
    let mut found = false;
    while let Some(at) = rest.find([ESCAPE, CSI]) {
        let sequence = &rest[at..];
        let length = sequence_length(sequence);
        let keep = if length == 0 { at + sequence.chars().next().map_or(1, char::len_utf8) } else { at };
        out.push_str(&rest[..keep]);
        found |= length > 0;
        rest = &rest[keep + length..];
    }
    out.push_str(rest);
    found
}

/// How many bytes the sequence at the start of the text takes; 0 when it is none.
fn sequence_length(text: &str) -> usize {
    let intro = if text.starts_with(CSI) { CSI.len_utf8() } else { 1 };
    let body = &text[intro..];
    // Operating system command: anything word-like up to a bell.
    if let Some(command) = body.strip_prefix(']')
        && let Some(end) = command.find('\u{7}')
        && command[..end].chars().all(|c| c.is_ascii_alphanumeric() || c == ';')
    {
        return intro + 1 + end + 1;
    }
    let opening =
        body.find(|c: char| !matches!(c, '[' | ']' | '(' | ')' | '#' | ';' | '?')).unwrap_or(body.len());
    let parameters = &body[opening..];
    let end = parameters.find(|c: char| !(c.is_ascii_digit() || c == ';')).unwrap_or(parameters.len());
    let last = parameters[end..].chars().next();
    let is_final = |c: char| matches!(c, 'A'..='P' | 'R' | 'Z' | 'c' | 'f'..='n' | 'q' | 'r' | 't' | 'y' | '=' | '>' | '<' | '~');
    match last {
        Some(c) if is_final(c) => intro + opening + end + c.len_utf8(),
        // A sequence may end with its last digit.
        _ if parameters[..end].ends_with(|c: char| c.is_ascii_digit()) => intro + opening + end,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_removed() {
        for (line, expected) in [
            ("\u{1b}[31mERROR\u{1b}[0m x", "ERROR x"),
            ("\u{1b}[38;5;196mred\u{1b}[0m plain", "red plain"),
            ("no colours", "no colours"),
            ("\u{1b}[2K\u{1b}[1Gprogress", "progress"),
            ("\u{9b}1mx", "x"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("lone \u{1b}", "lone \u{1b}"),
        ] {
            let mut out = String::new();
            strip(line, &mut out);
            assert_eq!(out, expected);
        }
    }
}
