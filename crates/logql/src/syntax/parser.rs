//! Tokens to a tree, by recursive descent.
//!
//! Where a rule could go on but the next token does not fit, the rule ends and its caller complains: so the lists of
//! what was expected come out as those of a table-driven parser, which Loki has.

mod label_filter;
mod log;
mod metric;
mod range;

use crate::MAX_QUERY_BYTES;
use crate::error::{ParseError, Position};
use crate::matcher::CompiledSelector;
use crate::syntax::ast::{Expr, LogQuery, MetricExpr, Selector, Stage};
use crate::syntax::check;
use crate::syntax::lexer::tokenize;
use crate::syntax::regexes;
use crate::syntax::token::{Placed, Token};

/// Deeper nesting is refused, so that no query can exhaust the stack.
const MAX_DEPTH: usize = 128;
const MAX_OPERATORS: usize = 256;

/// Parses and checks a whole query.
pub fn parse_expr(text: &str) -> Result<Expr, ParseError> {
    let expr = complete(text, |parser| parser.expr(0))?;
    check::expr(&expr)?;
    Ok(expr)
}

/// Parses a query that yields numbers.
pub fn parse_metric(text: &str) -> Result<MetricExpr, ParseError> {
    match parse_expr(text)? {
        Expr::Metric(metric) => Ok(metric),
        Expr::Log(_) => {
            Err(ParseError::new("only metric queries are supported here, not queries for log lines"))
        }
    }
}

/// Parses a query for log lines that consists of a selector and line filters. Regular expressions are checked, and the
/// selector must be selective (see [`CompiledSelector::is_selective`]).
pub fn parse(text: &str) -> Result<LogQuery, ParseError> {
    let Expr::Log(log) = parse_expr(text)? else {
        return Err(ParseError::new(
            "metric queries are not supported here, only selectors and line filters",
        ));
    };
    let mut filters = Vec::new();
    for stage in log.stages {
        match stage {
            Stage::LineFilter(filter) => filters.push(filter),
            other => return Err(ParseError::in_stage(&other, "only line filters are supported here")),
        }
    }
    Ok(LogQuery { selector: log.selector, filters })
}

/// Parses a selector alone, as `series` and `labels` take it: it may match everything.
pub fn parse_selector(text: &str) -> Result<Selector, ParseError> {
    let selector = complete(text, |parser| parser.selector())?;
    regexes::check_selector(&selector)?;
    CompiledSelector::new(&selector)?;
    Ok(selector)
}

/// Runs `parse` over the whole text.
fn complete<T>(
    text: &str,
    parse: impl FnOnce(&mut Parser<'_>) -> Result<T, ParseError>,
) -> Result<T, ParseError> {
    if text.len() >= MAX_QUERY_BYTES {
        return Err(ParseError::new(format!("input size too long ({} > {MAX_QUERY_BYTES})", text.len())));
    }
    let mut parser = Parser { text, tokens: tokenize(text)?, at: 0, depth: 0, operators: 0 };
    let tree = parse(&mut parser)?;
    match parser.peek() {
        Token::End => Ok(tree),
        _ => Err(parser.unexpected("")),
    }
}

pub(super) struct Parser<'a> {
    text: &'a str,
    /// Ends with [`Token::End`].
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
    /// Binary operators so far.
    operators: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].token
    }

    fn peek_second(&self) -> &Token {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)].token
    }

    fn advance(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(found) if *found == symbol)
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), ParseError> {
        if self.eat(symbol) { Ok(()) } else { Err(self.unexpected(symbol)) }
    }

    fn string(&mut self, expecting: &str) -> Result<String, ParseError> {
        let Token::String(text) = self.peek() else { return Err(self.unexpected(expecting)) };
        let text = text.clone();
        self.advance();
        Ok(text)
    }

    fn identifier(&mut self, expecting: &str) -> Result<String, ParseError> {
        let Token::Identifier(name) = self.peek() else { return Err(self.unexpected(expecting)) };
        let name = name.clone();
        self.advance();
        Ok(name)
    }

    /// An unsigned number.
    fn number(&mut self, expecting: &str) -> Result<f64, ParseError> {
        let Token::Number(literal) = self.peek() else { return Err(self.unexpected(expecting)) };
        let value = crate::gotext::float::parse(literal)
            .map_err(|error| ParseError::new(format!("unable to parse literal as a float: {error}")))?;
        self.advance();
        Ok(value)
    }

    /// The error for the next token, which fits nowhere.
    fn unexpected(&self, expecting: &str) -> ParseError {
        let placed = &self.tokens[self.at];
        let mut message = format!("syntax error: unexpected {}", placed.token.name());
        if !expecting.is_empty() {
            message.push_str(", expecting ");
            message.push_str(expecting);
        }
        if self.text.is_empty() {
            return ParseError::new(message);
        }
        let mut position = Position::of(self.text, placed.offset);
        if placed.lineless {
            position.line = 0;
        }
        ParseError { position: Some(position), message }
    }

    /// Runs a rule one level deeper.
    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        if self.depth >= MAX_DEPTH {
            return Err(ParseError::new(format!(
                "the query is nested too deeply (limit: {MAX_DEPTH} levels)"
            )));
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }
}

#[cfg(test)]
#[path = "parser_tests.rs"]
mod tests;
