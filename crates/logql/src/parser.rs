//! Tokens to a tree.

use crate::ast::{FilterOp, LineFilter, LogQuery, MatchOp, Matcher, Selector};
use crate::error::{ParseError, Position};
use crate::lexer::{Token, tokenize};
use crate::{CompiledFilters, CompiledSelector, MAX_QUERY_BYTES};

/// Parses a query for log lines. Regular expressions are checked, and the selector must be selective (see
/// [`CompiledSelector::is_selective`]).
pub fn parse(text: &str) -> Result<LogQuery, ParseError> {
    let query = complete(text, |parser| {
        let selector = parser.selector()?;
        Ok(LogQuery { selector, filters: parser.filters()? })
    })?;
    check(&query.selector)?;
    CompiledFilters::new(&query.filters)?;
    Ok(query)
}

/// Parses a selector alone, as `series` and `labels` take it: it may match everything.
pub fn parse_selector(text: &str) -> Result<Selector, ParseError> {
    let selector = complete(text, |parser| parser.selector())?;
    CompiledSelector::new(&selector)?;
    Ok(selector)
}

fn check(selector: &Selector) -> Result<(), ParseError> {
    if CompiledSelector::new(selector)?.is_selective() {
        return Ok(());
    }
    let message = "queries require at least one regexp or equality matcher that does not have an empty-compatible \
                   value. For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will";
    Err(ParseError { position: None, message: message.to_owned() })
}

/// Runs `parse` over the whole text.
fn complete<T>(
    text: &str,
    parse: impl FnOnce(&mut Parser<'_>) -> Result<T, ParseError>,
) -> Result<T, ParseError> {
    if text.len() >= MAX_QUERY_BYTES {
        let message = format!("input size too long ({} > {MAX_QUERY_BYTES})", text.len());
        return Err(ParseError { position: None, message });
    }
    let mut parser = Parser { text, tokens: tokenize(text)?, at: 0 };
    let tree = parse(&mut parser)?;
    match parser.peek() {
        Token::End => Ok(tree),
        _ => Err(parser.unexpected("")),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Ends with [`Token::End`].
    tokens: Vec<(Token, usize)>,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn advance(&mut self) -> Token {
        let token = self.tokens[self.at].0.clone();
        if token != Token::End {
            self.at += 1;
        }
        token
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(found) if *found == symbol);
        if found {
            self.at += 1;
        }
        found
    }

    fn unexpected(&self, expecting: &str) -> ParseError {
        let (token, offset) = &self.tokens[self.at];
        let mut message = format!("syntax error: unexpected {}", token.name());
        if !expecting.is_empty() {
            message.push_str(", expecting ");
            message.push_str(expecting);
        }
        // At the end of the text there is no column to point to, and none is given (as in Loki).
        let position = (*token != Token::End).then(|| Position::of(self.text, *offset));
        ParseError { position, message }
    }

    fn selector(&mut self) -> Result<Selector, ParseError> {
        if !self.eat("{") {
            return Err(self.unexpected("{"));
        }
        let mut matchers = Vec::new();
        if self.eat("}") {
            return Ok(Selector { matchers });
        }
        loop {
            matchers.push(self.matcher()?);
            if self.eat("}") {
                return Ok(Selector { matchers });
            }
            if !self.eat(",") {
                return Err(self.unexpected("} or ,"));
            }
        }
    }

    fn matcher(&mut self) -> Result<Matcher, ParseError> {
        let Token::Identifier(name) = self.peek().clone() else { return Err(self.unexpected("IDENTIFIER")) };
        self.advance();
        let op = match self.peek() {
            Token::Symbol("=") => MatchOp::Equal,
            Token::Symbol("!=") => MatchOp::NotEqual,
            Token::Symbol("=~") => MatchOp::Regex,
            Token::Symbol("!~") => MatchOp::NotRegex,
            _ => return Err(self.unexpected("!=, !~, = or =~")),
        };
        self.advance();
        Ok(Matcher { name, op, value: self.string()? })
    }

    fn filters(&mut self) -> Result<Vec<LineFilter>, ParseError> {
        let mut filters = Vec::new();
        loop {
            let op = match self.peek() {
                Token::Symbol("|=") => FilterOp::Contains,
                Token::Symbol("!=") => FilterOp::NotContains,
                Token::Symbol("|~") => FilterOp::Regex,
                Token::Symbol("!~") => FilterOp::NotRegex,
                _ => return Ok(filters),
            };
            self.advance();
            let mut operands = vec![self.string()?];
            while matches!(self.peek(), Token::Identifier(word) if word.eq_ignore_ascii_case("or")) {
                self.advance();
                operands.push(self.string()?);
            }
            filters.push(LineFilter { op, operands });
        }
    }

    fn string(&mut self) -> Result<String, ParseError> {
        match self.peek() {
            Token::String(_) => match self.advance() {
                Token::String(text) => Ok(text),
                _ => Err(self.unexpected("STRING")),
            },
            _ => Err(self.unexpected("STRING")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn good_queries_and_their_canonical_text() {
        for (text, canonical) in [
            (r#"{a="b"}"#, r#"{a="b"}"#),
            (r#" { a = "b" , c =~ "d.+" } "#, r#"{a="b", c=~"d.+"}"#),
            (
                r#"{a!="b",c="d"} |= "x" |~ `y\d` != "z" !~ "w""#,
                r#"{a!="b", c="d"} |= "x" |~ "y\\d" != "z" !~ "w""#,
            ),
            (r#"{a="b"} |= "x" or "y" OR "z""#, r#"{a="b"} |= "x" or "y" or "z""#),
            ("{a=\"b\"} # comment\n|= \"\\u00fc\\n\"", "{a=\"b\"} |= \"ü\\n\""),
        ] {
            assert_eq!(parse(text).map(|query| query.to_string()).as_deref(), Ok(canonical), "{text}");
        }
    }

    #[test]
    fn bad_queries_say_where_and_why() {
        for (text, error) in [
            ("", "parse error : syntax error: unexpected $end, expecting {"),
            ("{a=\"b\"", "parse error : syntax error: unexpected $end, expecting } or ,"),
            ("{a=b}", "parse error at line 1, col 4: syntax error: unexpected IDENTIFIER, expecting STRING"),
            ("{\n a ~ \"b\"}", "parse error at line 2, col 4: syntax error: unexpected '~'"),
            ("{a=\"b} ", "parse error at line 1, col 4: literal not terminated"),
            (
                "{a=\"b\"} |= 5",
                "parse error at line 1, col 12: syntax error: unexpected NUMBER, expecting STRING",
            ),
            ("{a=\"b\"} foo", "parse error at line 1, col 9: syntax error: unexpected IDENTIFIER"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), error, "{text}");
        }
        for text in [r#"{a=~"("}"#, r#"{a="b"} |~ "[""#] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("regex"), "{error}");
        }
    }

    #[test]
    fn a_selector_must_select() {
        for text in ["{}", r#"{a=~".*"}"#, r#"{a!="b"}"#, r#"{a=""}"#] {
            assert!(parse(text).unwrap_err().message.starts_with("queries require"), "{text}");
            assert!(parse_selector(text).is_ok(), "{text}");
        }
        for text in [r#"{a!=""}"#, r#"{a=~".+"}"#, r#"{a!~".*", b="c"}"#] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    fn matcher() -> impl Strategy<Value = Matcher> {
        let op = prop_oneof![Just(MatchOp::Equal), Just(MatchOp::NotEqual)];
        ("[a-z_][a-z0-9_]{0,6}", op, "\\PC{0,8}").prop_map(|(name, op, value)| Matcher { name, op, value })
    }

    fn filter() -> impl Strategy<Value = LineFilter> {
        let op = prop_oneof![Just(FilterOp::Contains), Just(FilterOp::NotContains)];
        (op, prop::collection::vec(".{0,10}", 1..4)).prop_map(|(op, operands)| LineFilter { op, operands })
    }

    proptest! {
        #[test]
        fn the_printer_and_the_parser_are_inverse(
            mut matchers in prop::collection::vec(matcher(), 0..4),
            filters in prop::collection::vec(filter(), 0..4),
        ) {
            matchers.push(Matcher { name: "a".to_owned(), op: MatchOp::Equal, value: "b".to_owned() });
            let query = LogQuery { selector: Selector { matchers }, filters };
            prop_assert_eq!(parse(&query.to_string()).unwrap(), query);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,60}") {
            drop(parse(&text));
        }
    }
}
