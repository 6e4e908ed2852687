//! Template text to pieces: text, and the words of each action.

use crate::node::Constant;
use crate::quote::unquote;

/// A word inside of `{{…}}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Word {
    /// `.a`, with the dot.
    Field(String),
    Dot,
    /// `$x`, without the dollar.
    Variable(String),
    Identifier(String),
    Constant(Constant),
    Open,
    Close,
    Pipe,
    Comma,
    Declare,
    Assign,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    pub word: Word,
    /// Byte offsets in the template.
    pub start: usize,
    pub end: usize,
    /// Whether a blank stands before it: `x .y` is not `x.y`.
    pub spaced: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Action { words: Vec<Placed>, start: usize },
}

/// An error at a byte offset.
pub(crate) type Fault = (usize, String);

/// Splits a template.
pub(crate) fn split(template: &str) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut trim_next = false;
    while at < template.len() {
        let open = template[at..].find("{{").map(|offset| at + offset);
        let mut text = &template[at..open.unwrap_or(template.len())];
        if trim_next {
            text = text.trim_start_matches(is_blank);
        }
        let Some(open) = open else {
            push_text(&mut pieces, text);
            break;
        };
        let mut start = open + 2;
        if trims_before(&template[start..]) {
            text = text.trim_end_matches(is_blank);
            start += 1;
        }
        push_text(&mut pieces, text);
        let (words, end, trim) = action(template, start)?;
        if let Some(words) = words {
            pieces.push(Piece::Action { words, start: open });
        }
        trim_next = trim;
        at = end;
    }
    Ok(pieces)
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// `- ` after the opening braces.
fn trims_before(rest: &str) -> bool {
    rest.starts_with('-') && rest[1..].starts_with(is_blank)
}

/// ` -}}`: how long it is.
fn trims_after(rest: &str) -> bool {
    rest.starts_with("-}}")
}

type Action = (Option<Vec<Placed>>, usize, bool);

/// Reads up to the closing braces. A comment has no words.
fn action(template: &str, start: usize) -> Result<Action, Fault> {
    let inside = template[start..].trim_start_matches(is_blank);
    if inside.starts_with("/*") {
        return comment(template, template.len() - inside.len());
    }
    let mut words = Vec::new();
    let mut at = start;
    loop {
        let rest = &template[at..];
        let blanks = rest.len() - rest.trim_start_matches(is_blank).len();
        let spaced = blanks > 0;
        at += blanks;
        let rest = &template[at..];
        if spaced && trims_after(rest) {
            return Ok((Some(words), at + 3, true));
        }
        if rest.starts_with("}}") {
            return Ok((Some(words), at + 2, false));
        }
        if rest.is_empty() {
            return Err((at, "unclosed action".to_owned()));
        }
        let (word, length) = word(rest).map_err(|message| (at, message))?;
        words.push(Placed { word, start: at, end: at + length, spaced });
        at += length;
    }
}

fn comment(template: &str, start: usize) -> Result<Action, Fault> {
    let Some(end) = template[start..].find("*/") else { return Err((start, "unclosed comment".to_owned())) };
    let at = start + end + 2;
    let rest = template[at..].trim_start_matches(is_blank);
    let after = template.len() - rest.len();
    if rest.starts_with("}}") {
        Ok((None, after + 2, false))
    } else if trims_after(rest) {
        Ok((None, after + 3, true))
    } else {
        Err((start, "comment ends before closing delimiter".to_owned()))
    }
}

fn word(rest: &str) -> Result<(Word, usize), String> {
    let first = rest.chars().next().unwrap_or_default();
    let second = rest.chars().nth(1).unwrap_or_default();
    match first {
        '(' => Ok((Word::Open, 1)),
        ')' => Ok((Word::Close, 1)),
        '|' => Ok((Word::Pipe, 1)),
        ',' => Ok((Word::Comma, 1)),
        ':' if second == '=' => Ok((Word::Declare, 2)),
        '=' => Ok((Word::Assign, 1)),
        '"' => quoted(rest),
        '`' => match rest[1..].find('`') {
            Some(end) => Ok((Word::Constant(Constant::Text(rest[1..=end].to_owned())), end + 2)),
            None => Err("unterminated raw quoted string".to_owned()),
        },
        '\'' => character(rest),
        '$' => {
            let name = identifier(&rest[1..]);
            ends_word(rest, 1 + name.len())?;
            Ok((Word::Variable(name.to_owned()), 1 + name.len()))
        }
        '.' if !second.is_ascii_digit() => {
            let name = identifier(&rest[1..]);
            if name.is_empty() {
                return Ok((Word::Dot, 1));
            }
            ends_word(rest, 1 + name.len())?;
            Ok((Word::Field(name.to_owned()), 1 + name.len()))
        }
        c if c.is_ascii_digit() || matches!(c, '+' | '-' | '.') => number(rest),
        c if is_word(c) => {
            let name = identifier(rest);
            ends_word(rest, name.len())?;
            let word = match name {
                "true" => Word::Constant(Constant::Bool(true)),
                "false" => Word::Constant(Constant::Bool(false)),
                name => Word::Identifier(name.to_owned()),
            };
            Ok((word, name.len()))
        }
        c => Err(format!("unexpected {} in command", crate::quote::Quoted(&c.to_string()))),
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn identifier(rest: &str) -> &str {
    &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]
}

/// What follows a name must not run into it.
fn ends_word(rest: &str, length: usize) -> Result<(), String> {
    match rest[length..].chars().next() {
        None => Ok(()),
        Some(c) if is_blank(c) || matches!(c, '.' | ',' | '|' | ':' | ')' | '(' | '}' | '=') => Ok(()),
        Some(c) => Err(format!("bad character U+{:04X} '{c}'", c as u32)),
    }
}

fn quoted(rest: &str) -> Result<(Word, usize), String> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' => break,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let text = unquote(&rest[1..at]).ok_or("invalid syntax in a string")?;
                return Ok((Word::Constant(Constant::Text(text)), at + 1));
            }
            _ => {}
        }
    }
    Err("unterminated quoted string".to_owned())
}

fn character(rest: &str) -> Result<(Word, usize), String> {
    let skip = if rest.starts_with("'\\") { 2 } else { 1 };
    let end = rest.char_indices().skip(1 + skip).find(|(_, c)| *c == '\'').map(|(at, _)| at);
    let end = end.ok_or("unterminated character constant")?;
    let text = unquote(&rest[1..end].replace("\\'", "'")).unwrap_or_default();
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok((Word::Constant(Constant::Int(i64::from(c as u32))), end + 1)),
        _ => Err(format!("malformed character constant: {}", &rest[..=end])),
    }
}

fn number(rest: &str) -> Result<(Word, usize), String> {
    let mut previous = ' ';
    let end = rest.find(|c: char| {
        let sign = matches!(c, '+' | '-') && (previous == ' ' || matches!(previous, 'e' | 'E' | 'p' | 'P'));
        previous = c;
        !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || sign)
    });
    let text = &rest[..end.unwrap_or(rest.len())];
    let bad = || format!("bad number syntax: {}", crate::quote::Quoted(text));
    let plain = text.replace('_', "");
    let unsigned = plain.trim_start_matches(['+', '-']);
    let sign = if plain.starts_with('-') { -1 } else { 1 };
    let radix = |prefix: [&str; 2], radix: u32| {
        let digits = prefix.iter().find_map(|prefix| unsigned.strip_prefix(prefix))?;
        i64::from_str_radix(digits, radix).ok()
    };
    let int = radix(["0x", "0X"], 16).or_else(|| radix(["0b", "0B"], 2)).or_else(|| radix(["0o", "0O"], 8));
    if let Some(value) = int.or_else(|| unsigned.parse().ok()) {
        return Ok((Word::Constant(Constant::Int(value * sign)), text.len()));
    }
    let value = plain.parse::<f64>().map_err(|_| bad())?;
    Ok((Word::Constant(Constant::Float(value)), text.len()))
}
