//! Text to tokens, each with its byte offset.

use crate::error::{ParseError, Position};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Identifier(String),
    String(String),
    /// Punctuation and operators, longest match first.
    Symbol(&'static str),
    /// A number or duration; kept as text until something needs it.
    Number(String),
    End,
}

impl Token {
    /// How error messages call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Identifier(_) => "IDENTIFIER".to_owned(),
            Self::String(_) => "STRING".to_owned(),
            Self::Number(_) => "NUMBER".to_owned(),
            Self::Symbol(symbol) => (*symbol).to_owned(),
            Self::End => "$end".to_owned(),
        }
    }
}

const SYMBOLS: [&str; 25] = [
    "|=", "|~", "|>", "!=", "!~", "!>", "=~", "==", ">=", "<=", "{", "}", "(", ")", "[", "]", ",", "=", "|",
    ">", "<", "+", "-", "*", "/",
];

pub(crate) fn tokenize(text: &str) -> Result<Vec<(Token, usize)>, ParseError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks_and_comments();
        let start = lexer.at;
        let token = lexer.next()?;
        let end = token == Token::End;
        tokens.push((token, start));
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn skip_blanks_and_comments(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            self.at += rest.len() - rest.trim_start().len();
            if !self.text[self.at..].starts_with('#') {
                return;
            }
            self.at += self.text[self.at..].find('\n').unwrap_or(self.text.len() - self.at);
        }
    }

    fn next(&mut self) -> Result<Token, ParseError> {
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        match first {
            '"' => self.quoted(),
            '`' => self.raw(),
            c if c.is_ascii_alphabetic() || c == '_' => {
                Ok(Token::Identifier(self.take(|c| c.is_ascii_alphanumeric() || c == '_')))
            }
            c if c.is_ascii_digit() => {
                Ok(Token::Number(self.take(|c| c.is_ascii_alphanumeric() || c == '.')))
            }
            _ => match SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
                Some(symbol) => {
                    self.at += symbol.len();
                    Ok(Token::Symbol(symbol))
                }
                None => Err(self.error(self.at, format!("syntax error: unexpected {first:?}"))),
            },
        }
    }

    fn take(&mut self, part: impl Fn(char) -> bool) -> String {
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_owned()
    }

    fn raw(&mut self) -> Result<Token, ParseError> {
        let body = &self.text[self.at + 1..];
        let Some(end) = body.find('`') else { return Err(self.unterminated()) };
        self.at += end + 2;
        Ok(Token::String(body[..end].to_owned()))
    }

    fn quoted(&mut self) -> Result<Token, ParseError> {
        let start = self.at;
        let body = &self.text[start + 1..];
        let mut value = String::new();
        let mut chars = body.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + 1 + at + 1;
                    return Ok(Token::String(value));
                }
                '\n' => break,
                '\\' => {
                    let escape = unescape(&mut chars)
                        .ok_or_else(|| self.error(start, "invalid char escape".to_owned()))?;
                    value.push(escape);
                }
                c => value.push(c),
            }
        }
        Err(self.unterminated())
    }

    fn unterminated(&self) -> ParseError {
        self.error(self.at, "literal not terminated".to_owned())
    }

    fn error(&self, at: usize, message: String) -> ParseError {
        ParseError { position: Some(Position::of(self.text, at)), message }
    }
}

/// Reads what follows a backslash, by Go's rules.
fn unescape(chars: &mut std::str::CharIndices<'_>) -> Option<char> {
    let (_, kind) = chars.next()?;
    let digits = match kind {
        'n' => return Some('\n'),
        'r' => return Some('\r'),
        't' => return Some('\t'),
        'a' => return Some('\x07'),
        'b' => return Some('\x08'),
        'f' => return Some('\x0c'),
        'v' => return Some('\x0b'),
        '"' | '\\' => return Some(kind),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => return None,
    };
    let mut code = 0u32;
    for _ in 0..digits {
        code = code.checked_mul(16)? + chars.next()?.1.to_digit(16)?;
    }
    char::from_u32(code)
}
