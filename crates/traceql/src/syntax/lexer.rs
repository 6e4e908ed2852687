//! Text to words.
//!
//! Names of attributes reach from their scope's dot to the next blank or operator, so `.a-b` is one attribute and
//! `.a - .b` are two. Comments are Go's.

use logql::go::{parse_go, parse_prometheus, unquote};

use super::token::{KNOWN_SYMBOLS, SYMBOLS, Token};
use crate::error::{Error, Position};
use crate::field::{Field, Intrinsic, Scope, is_name_char};
use crate::test::Static;
use crate::value::{Kind, Status};

/// A word and the byte offset at which it starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spanned {
    pub token: Token,
    pub at: usize,
}

/// All words of a text; the last is [`Token::End`].
pub(super) fn lex(text: &str) -> Result<Vec<Spanned>, Error> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks()?;
        let at = lexer.at;
        let token = lexer.next()?;
        let is_end = token == Token::End;
        tokens.push(Spanned { token, at });
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error(&self, at: usize, message: impl Into<String>) -> Error {
        Error::Parse { position: Some(Position::of(self.text, at)), message: message.into() }
    }

    fn skip_blanks(&mut self) -> Result<(), Error> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if let Some(body) = trimmed.strip_prefix("/*") {
                let end = body.find("*/").ok_or_else(|| self.error(self.at, "comment not terminated"))?;
                self.at += end + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn next(&mut self) -> Result<Token, Error> {
        let Some(first) = self.peek() else { return Ok(Token::End) };
        match first {
            '"' => self.quoted().map(|text| Token::Static(Static::Str(text.into()))),
            '`' => self.raw(),
            '\'' => Err(self.error(self.at, "invalid char literal")),
            // `.99` is a number, as the quantiles in Tempo's own guide are written.
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
            '.' => {
                self.at += 1;
                self.attribute(Scope::Any)
            }
            '0'..='9' => self.number(),
            _ if first.is_alphabetic() || first == '_' => self.word(),
            _ => self.symbol(),
        }
    }

    fn symbol(&mut self) -> Result<Token, Error> {
        let found = SYMBOLS.iter().position(|symbol| self.rest().starts_with(symbol));
        let Some(at) = found else {
            let unknown: String = self.rest().chars().take(1).collect();
            return Err(self.error(self.at, format!("syntax error: unexpected {unknown}")));
        };
        if at >= KNOWN_SYMBOLS {
            return Err(self.error(self.at, "syntax error: unexpected IDENTIFIER"));
        }
        self.at += SYMBOLS[at].len();
        Ok(Token::Symbol(SYMBOLS[at]))
    }

    fn quoted(&mut self) -> Result<String, Error> {
        let start = self.at;
        let body_start = start + 1;
        let mut chars = self.text[body_start..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => {
                    chars.next();
                }
                '\n' => break,
                '"' => {
                    let body = &self.text[body_start..body_start + at];
                    self.at = body_start + at + 1;
                    return unquote(body).ok_or_else(|| self.error(start, "invalid char escape"));
                }
                _ => {}
            }
        }
        Err(self.error(start, "literal not terminated"))
    }

    fn raw(&mut self) -> Result<Token, Error> {
        let body = &self.text[self.at + 1..];
        let end = body.find('`').ok_or_else(|| self.error(self.at, "literal not terminated"))?;
        self.at += end + 2;
        Ok(Token::Static(Static::Str(body[..end].replace('\r', "").into())))
    }

    fn number(&mut self) -> Result<Token, Error> {
        let start = self.at;
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | 'µ' | 'μ');
        let run = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        let as_duration = || parse_prometheus(run).or_else(|_| parse_go(run)).ok();
        if run.contains(|c: char| c.is_alphabetic())
            && let Some(nanos) = as_duration()
        {
            self.at += run.len();
            return Ok(Token::Static(Static::Duration(nanos)));
        }
        let (length, is_float) = numeric_prefix(rest);
        let text = &rest[..length];
        self.at += length;
        let bad = |function: &str, reason: &str| {
            self.error(start, format!("strconv.{function}: parsing {text:?}: {reason}"))
        };
        if is_float {
            let value: f64 = text.parse().map_err(|_| bad("ParseFloat", "invalid syntax"))?;
            if !value.is_finite() {
                return Err(bad("ParseFloat", "value out of range"));
            }
            return Ok(Token::Static(Static::Float(value)));
        }
        match text.parse::<i64>() {
            Ok(value) => Ok(Token::Static(Static::Int(value))),
            Err(error) if *error.kind() == std::num::IntErrorKind::PosOverflow => {
                Err(bad("Atoi", "value out of range"))
            }
            Err(_) => Err(bad("Atoi", "invalid syntax")),
        }
    }

    /// A word of letters, digits and underscores, and what follows it where it is a scope.
    fn word(&mut self) -> Result<Token, Error> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let word = &rest[..end];
        match rest[end..].chars().next() {
            Some('.') if word == "parent" => {
                let rest_of_name = &rest[end + 1..];
                let length = rest_of_name.find(|c| !is_name_char(c)).unwrap_or(rest_of_name.len());
                self.at += end + 1 + length;
                return Ok(Token::Parent(rest_of_name[..length].into()));
            }
            // What the guides of this project write for `resource.service.name`.
            Some('.') if word == "service" => return self.attribute(Scope::Resource),
            Some('.') => {
                if let Some(scope) = Scope::from_name(word).filter(|_| !word.is_empty()) {
                    self.at += end + 1;
                    return self.attribute(scope);
                }
            }
            Some(':') if matches!(word, "span" | "trace" | "event" | "link" | "instrumentation") => {
                return self.scoped_intrinsic(end);
            }
            _ => {}
        }
        self.at += end;
        Ok(plain_word(word))
    }

    /// `span:name` and its like; `scope` is the length of the scope's name.
    fn scoped_intrinsic(&mut self, scope: usize) -> Result<Token, Error> {
        let rest = self.rest();
        let name = &rest[scope + 1..];
        let length = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
        let whole = &rest[..scope + 1 + length];
        let Some(intrinsic) = Intrinsic::from_name(whole) else {
            return Err(self.error(self.at + scope + 1, "syntax error: unexpected IDENTIFIER"));
        };
        self.at += whole.len();
        Ok(Token::Field(Field::Intrinsic(intrinsic)))
    }

    /// The name behind a scope's dot: plain and quoted pieces in any order.
    fn attribute(&mut self, scope: Scope) -> Result<Token, Error> {
        let start = self.at;
        let mut name = String::new();
        if self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return Err(self.error(start, "syntax error: unexpected INTEGER"));
        }
        while let Some(c) = self.peek() {
            if c == '"' {
                self.quoted_name(&mut name)?;
            } else if is_name_char(c) {
                name.push(c);
                self.at += c.len_utf8();
            } else {
                break;
            }
        }
        if name.is_empty() {
            return Err(self.error(start, "syntax error: unexpected END_ATTRIBUTE, expecting IDENTIFIER"));
        }
        Ok(Token::Field(Field::attribute(scope, name)))
    }

    fn quoted_name(&mut self, name: &mut String) -> Result<(), Error> {
        let start = self.at;
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(()),
                '\\' => match self.peek() {
                    Some(escaped @ ('"' | '\\')) => {
                        name.push(escaped);
                        self.at += 1;
                    }
                    _ => return Err(self.error(start, "invalid escape sequence")),
                },
                other => name.push(other),
            }
        }
        Err(self.error(start, "unexpected EOF, expecting \""))
    }
}

/// Length of the number at the start of `text`, and whether it has a fraction or an exponent.
fn numeric_prefix(text: &str) -> (usize, bool) {
    let digits = |text: &str| text.find(|c: char| !(c.is_ascii_digit() || c == '_')).unwrap_or(text.len());
    let mut length = digits(text);
    let mut is_float = false;
    if text[length..].starts_with('.') {
        is_float = true;
        length += 1 + digits(&text[length + 1..]);
    }
    if let Some(exponent) = text[length..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let count = digits(&exponent[sign..]);
        if count > 0 {
            is_float = true;
            length += 1 + sign + count;
        }
    }
    (length, is_float)
}

fn plain_word(word: &str) -> Token {
    let value = match word {
        "true" => Static::Bool(true),
        "false" => Static::Bool(false),
        "nil" => Static::Nil,
        "minInt" => Static::Int(i64::MIN),
        "maxInt" => Static::Int(i64::MAX),
        "parent" => return Token::Parent("".into()),
        _ => {
            if let Some(status) = Status::from_name(word) {
                Static::Status(status)
            } else if let Some(kind) = Kind::from_name(word) {
                Static::Kind(kind)
            } else if let Some(intrinsic) = Intrinsic::from_name(word) {
                return Token::Field(Field::Intrinsic(intrinsic));
            } else {
                return Token::Word(word.into());
            }
        }
    };
    Token::Static(value)
}
