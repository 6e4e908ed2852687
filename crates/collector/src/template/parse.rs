//! From text to nodes.

use super::TemplateError;
use super::functions;

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Text(String),
    Print(Expression),
    If { branches: Vec<(Expression, Vec<Node>)>, otherwise: Vec<Node> },
}

/// What gives a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Field(String),
    Text(String),
    Number(f64),
    Bool(bool),
    Call { function: String, arguments: Vec<Expression> },
}

/// Nesting of blocks and parentheses allowed.
const MAX_DEPTH: usize = 50;

pub(super) fn parse(text: &str) -> Result<Vec<Node>, TemplateError> {
    let mut pieces = split(text)?.into_iter();
    let (nodes, end) = block(&mut pieces, 0)?;
    match end {
        End::Text => Ok(nodes),
        _ => Err(TemplateError::new("{{ end }} or {{ else }} without {{ if }}")),
    }
}

enum Piece {
    Text(String),
    Action(String),
}

/// Separates text from actions; `{{-` and `-}}` trim the white space beside them.
fn split(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut trim_start = false;
    while let Some(at) = rest.find("{{") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        let end = action_len(after).ok_or_else(|| TemplateError::new("an action has no closing }}"))?;
        let action = &after[..end];
        let (trims_before, action) = match action.strip_prefix('-') {
            Some(inner) if inner.starts_with(char::is_whitespace) => (true, inner),
            _ => (false, action),
        };
        let (trims_after, action) = match action.strip_suffix('-') {
            Some(inner) if inner.ends_with(char::is_whitespace) => (true, inner),
            _ => (false, action),
        };
        let before = if trim_start { before.trim_start() } else { before };
        let before = if trims_before { before.trim_end() } else { before };
        pieces.push(Piece::Text(before.to_owned()));
        if !action.trim_start().starts_with("/*") {
            pieces.push(Piece::Action(action.trim().to_owned()));
        }
        trim_start = trims_after;
        rest = &after[end + 2..];
    }
    pieces.push(Piece::Text(if trim_start { rest.trim_start() } else { rest }.to_owned()));
    Ok(pieces)
}

/// Bytes before the `}}` that ends an action; those within quotes don't count.
fn action_len(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (Some(b'"' | b'\''), b'\\') => escaped = true,
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'`' | b'\'') => quote = Some(byte),
            (None, b'}') if text[index..].starts_with("}}") => return Some(index),
            _ => {}
        }
    }
    None
}

/// What ended a block.
enum End {
    Text,
    Else,
    ElseIf(String),
    Closed,
}

fn block(pieces: &mut std::vec::IntoIter<Piece>, depth: usize) -> Result<(Vec<Node>, End), TemplateError> {
    if depth > MAX_DEPTH {
        return Err(TemplateError::new("blocks are nested too deeply"));
    }
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.next() {
        let action = match piece {
            Piece::Text(text) => {
                nodes.push(Node::Text(text));
                continue;
            }
            Piece::Action(action) => action,
        };
        let (word, rest) = action.split_once(char::is_whitespace).unwrap_or((&action, ""));
        match (word, rest.trim()) {
            ("end", "") => return Ok((nodes, End::Closed)),
            ("else", "") => return Ok((nodes, End::Else)),
            ("else", rest) if rest.starts_with("if ") => {
                return Ok((nodes, End::ElseIf(rest[3..].to_owned())));
            }
            ("if", condition) => nodes.push(if_block(condition, pieces, depth)?),
            ("range" | "with" | "define" | "template" | "block", _) => {
                return Err(TemplateError::new(format!("{{{{ {word} }}}} is not supported")));
            }
            _ => nodes.push(Node::Print(expression(&action)?)),
        }
    }
    Ok((nodes, End::Text))
}

fn if_block(
    condition: &str,
    pieces: &mut std::vec::IntoIter<Piece>,
    depth: usize,
) -> Result<Node, TemplateError> {
    let mut branches = Vec::new();
    let mut condition = condition.to_owned();
    loop {
        let (nodes, end) = block(pieces, depth + 1)?;
        branches.push((expression(&condition)?, nodes));
        match end {
            End::Text => return Err(TemplateError::new("{{ if }} has no {{ end }}")),
            End::ElseIf(next) => condition = next,
            End::Closed => {
                return Ok(Node::If { branches, otherwise: Vec::new() });
            }
            End::Else => {
                let (otherwise, end) = block(pieces, depth + 1)?;
                if !matches!(end, End::Closed) {
                    return Err(TemplateError::new("{{ else }} has no {{ end }}"));
                }
                return Ok(Node::If { branches, otherwise });
            }
        }
    }
}

fn expression(text: &str) -> Result<Expression, TemplateError> {
    let mut parser = Parser { rest: text };
    let expression = parser.pipeline(0)?;
    if parser.rest.trim().is_empty() {
        Ok(expression)
    } else {
        Err(TemplateError::new(format!("unexpected {:?} in {{{{ {text} }}}}", parser.rest.trim())))
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    /// Commands joined by `|`; each gets the value before it as its last argument.
    fn pipeline(&mut self, depth: usize) -> Result<Expression, TemplateError> {
        if depth > MAX_DEPTH {
            return Err(TemplateError::new("parentheses are nested too deeply"));
        }
        let mut value = self.command(None, depth)?;
        while self.take('|') {
            value = self.command(Some(value), depth)?;
        }
        Ok(value)
    }

    fn command(&mut self, piped: Option<Expression>, depth: usize) -> Result<Expression, TemplateError> {
        self.rest = self.rest.trim_start();
        let word_len = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let is_call = self.rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let word = self.rest[..word_len].to_owned();
        if !is_call || matches!(word.as_str(), "true" | "false" | "nil") {
            return match (self.operand(depth)?, piped) {
                (Some(value), None) => Ok(value),
                (Some(_), Some(_)) => Err(TemplateError::new("only a function can follow |")),
                (None, _) => Err(TemplateError::new("an action is empty")),
            };
        }
        self.rest = &self.rest[word_len..];
        let mut arguments = Vec::new();
        while let Some(argument) = self.operand(depth)? {
            arguments.push(argument);
        }
        arguments.extend(piped);
        functions::check(&word, arguments.len())?;
        Ok(Expression::Call { function: word, arguments })
    }

    /// One argument; `None` where there is none.
    fn operand(&mut self, depth: usize) -> Result<Option<Expression>, TemplateError> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        match first {
            '|' | ')' => Ok(None),
            '(' => {
                self.rest = &self.rest[1..];
                let inner = self.pipeline(depth + 1)?;
                if self.take(')') {
                    Ok(Some(inner))
                } else {
                    Err(TemplateError::new("a parenthesis is not closed"))
                }
            }
            '"' | '`' | '\'' => self.string(first).map(Some),
            '.' => {
                let end = self.rest[1..]
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .map_or(self.rest.len(), |at| at + 1);
                let field = self.rest[1..end].to_owned();
                self.rest = &self.rest[end..];
                Ok(Some(Expression::Field(field)))
            }
            _ => self.word().map(Some),
        }
    }

    fn word(&mut self) -> Result<Expression, TemplateError> {
        let end = self.rest.find(|c: char| c.is_whitespace() || "|()".contains(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "true" => Ok(Expression::Bool(true)),
            "false" => Ok(Expression::Bool(false)),
            "nil" => Ok(Expression::Text(String::new())),
            // A function without arguments.
            word if functions::check(word, 0).is_ok() => {
                Ok(Expression::Call { function: word.to_owned(), arguments: Vec::new() })
            }
            word => word
                .parse()
                .map(Expression::Number)
                .map_err(|_| TemplateError::new(format!("{word:?} is not understood"))),
        }
    }

    fn string(&mut self, quote: char) -> Result<Expression, TemplateError> {
        let inner = &self.rest[1..];
        let unfinished = || TemplateError::new("a string is not closed");
        if quote == '`' {
            let (value, rest) = inner.split_once('`').ok_or_else(unfinished)?;
            self.rest = rest;
            return Ok(Expression::Text(value.to_owned()));
        }
        let mut value = String::new();
        let mut chars = inner.char_indices();
        while let Some((index, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.rest = &inner[index + 1..];
                    return Ok(Expression::Text(value));
                }
                '\\' => match chars.next().map(|(_, escaped)| escaped).ok_or_else(unfinished)? {
                    'n' => value.push('\n'),
                    't' => value.push('\t'),
                    'r' => value.push('\r'),
                    escaped => value.push(escaped),
                },
                c => value.push(c),
            }
        }
        Err(unfinished())
    }

    fn take(&mut self, token: char) -> bool {
        let trimmed = self.rest.trim_start();
        match trimmed.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}
