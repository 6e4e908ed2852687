//! Text to tokens.

use crate::error::{ParseError, Position};
use crate::gotext::{bytesize, duration, quote};
use crate::syntax::chars::{is_byte_unit, is_duration_unit, is_identifier};
use crate::syntax::token::{FUNCTIONS, KEYWORDS, Placed, SYMBOLS, Token, lookup};

/// Splits the whole text; the last token is [`Token::End`].
pub(crate) fn tokenize(text: &str) -> Result<Vec<Placed>, ParseError> {
    let mut lexer = Lexer { text, at: 0, lineless: false };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks_and_comments();
        let offset = lexer.at;
        lexer.lineless = false;
        let token = lexer.next()?;
        let end = token == Token::End;
        tokens.push(Placed { token, offset, lineless: lexer.lineless });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    lineless: bool,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
            if !self.rest().starts_with('#') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn next(&mut self) -> Result<Token, ParseError> {
        let rest = self.rest();
        let mut chars = rest.chars();
        let Some(first) = chars.next() else { return Ok(Token::End) };
        match first {
            '"' => self.quoted(),
            '`' => self.raw(),
            '[' => self.range(),
            '-' if rest.starts_with("--") => Ok(self.flag()),
            c if c.is_ascii_digit() => Ok(self.number()),
            '.' if chars.next().is_some_and(|c| c.is_ascii_digit()) => Ok(self.number()),
            c if is_identifier(c, true) => Ok(self.word()),
            _ => Ok(self.symbol(first)),
        }
    }

    fn symbol(&mut self, first: char) -> Token {
        let rest = self.rest();
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            self.at += symbol.len();
            self.lineless = symbol.len() > 1;
            return Token::Symbol(symbol);
        }
        // Anything unknown is a word: the grammar has no place for it.
        self.at += first.len_utf8();
        Token::Identifier(first.to_string())
    }

    fn flag(&mut self) -> Token {
        let rest = self.rest();
        for flag in ["--strict", "--keep-empty"] {
            let after = rest.get(flag.len()..).unwrap_or_default();
            if rest.starts_with(flag) && !after.starts_with(|c| is_identifier(c, false) || c == '-') {
                self.at += flag.len();
                self.lineless = true;
                return Token::Flag(flag);
            }
        }
        self.at += 1;
        Token::Symbol("-")
    }

    fn word(&mut self) -> Token {
        let rest = self.rest();
        let end = rest.find(|c| !is_identifier(c, false)).unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        if let Some(function) = lookup(&FUNCTIONS, word)
            && calls(&rest[end..])
        {
            return Token::Function(function);
        }
        match lookup(&KEYWORDS, word) {
            Some(keyword) => Token::Symbol(keyword),
            None => Token::Identifier(word.to_owned()),
        }
    }

    /// A number, or the duration or byte size that starts with it.
    fn number(&mut self) -> Token {
        let rest = self.rest();
        let digits = number_length(rest);
        for (is_unit, bytes) in [(is_duration_unit as fn(char) -> bool, false), (is_byte_unit, true)] {
            let suffix = rest[digits..].find(|c: char| !(c.is_ascii_digit() || c == '.' || is_unit(c)));
            let end = suffix.map_or(rest.len(), |at| digits + at);
            if end == digits {
                continue;
            }
            let literal = &rest[..end];
            let token = if bytes {
                bytesize::parse(literal).ok().map(Token::Bytes)
            } else {
                duration::parse_any(literal).ok().map(Token::Duration)
            };
            if let Some(token) = token {
                self.at += end;
                self.lineless = true;
                return token;
            }
        }
        self.at += digits;
        Token::Number(rest[..digits].to_owned())
    }

    fn range(&mut self) -> Result<Token, ParseError> {
        let body = &self.rest()[1..];
        let Some(end) = body.find(']') else {
            return Err(self.error_at(self.at, "missing closing ']' in duration"));
        };
        let parsed = duration::parse_prometheus(&body[..end]);
        let range = parsed.map_err(|error| self.error_at(self.at, &error.to_string()))?;
        self.at += end + 2;
        self.lineless = true;
        Ok(Token::Range(range))
    }

    fn raw(&mut self) -> Result<Token, ParseError> {
        let body = &self.rest()[1..];
        let Some(end) = body.find('`') else { return Err(self.unterminated()) };
        self.at += end + 2;
        Ok(Token::String(body[..end].replace('\r', "")))
    }

    fn quoted(&mut self) -> Result<Token, ParseError> {
        let rest = self.rest();
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                '\n' => break,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    let text = quote::unquote(&rest[1..at]);
                    let text = text.ok_or_else(|| self.error(self.at, "invalid char escape"))?;
                    self.at += at + 1;
                    return Ok(Token::String(text));
                }
                _ => {}
            }
        }
        Err(self.unterminated())
    }

    fn unterminated(&self) -> ParseError {
        self.error(self.at, "literal not terminated")
    }

    fn error(&self, at: usize, message: &str) -> ParseError {
        ParseError { position: Some(Position::of(self.text, at)), message: message.to_owned() }
    }

    /// An error in a token that has lost its line.
    fn error_at(&self, at: usize, message: &str) -> ParseError {
        let position = Position { line: 0, ..Position::of(self.text, at) };
        ParseError { position: Some(position), message: message.to_owned() }
    }
}

/// Whether what follows a function's name makes it a call: `(`, or a grouping before the parenthesis.
fn calls(after: &str) -> bool {
    let after = skip_blanks(after);
    if after.starts_with('(') {
        return true;
    }
    let grouping = ["by", "without"].iter().find_map(|word| {
        let head = after.get(..word.len())?;
        head.eq_ignore_ascii_case(word).then(|| &after[word.len()..])
    });
    grouping.is_some_and(|rest| skip_blanks(rest).starts_with('('))
}

fn skip_blanks(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        if !text.starts_with('#') {
            return text;
        }
        text = &text[text.find('\n').unwrap_or(text.len())..];
    }
}

/// How many bytes a number takes: decimal with fraction and exponent, or hexadecimal.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let run =
        |from: usize, of: fn(&u8) -> bool| from + bytes[from..].iter().take_while(|byte| of(byte)).count();
    let exponent = |from: usize, letters: [u8; 2]| {
        if !bytes.get(from).is_some_and(|byte| letters.contains(byte)) {
            return from;
        }
        let sign = usize::from(matches!(bytes.get(from + 1), Some(b'+' | b'-')));
        let end = run((from + 1 + sign).min(bytes.len()), u8::is_ascii_digit);
        if end > from + 1 + sign { end } else { from }
    };
    if let [b'0', b'x' | b'X', ..] = bytes {
        let hex = run(2, |byte| byte.is_ascii_hexdigit() || *byte == b'.');
        return exponent(hex, [b'p', b'P']);
    }
    let mut end = run(0, u8::is_ascii_digit);
    if bytes.get(end) == Some(&b'.') {
        end = run(end + 1, u8::is_ascii_digit);
    }
    exponent(end, [b'e', b'E'])
}
