//! Words to tree, by recursive descent.

mod field;
mod metrics;
mod scalar;
mod spans;

use super::ast::{Aggregate, Body, Expr, MetricExpr, Pipeline, ScalarExpr, Spansets, Stage};
use super::lexer::{Spanned, lex};
use super::token::Token;
use crate::MAX_QUERY_BYTES;
use crate::error::{Error, Position};
use crate::field::Field;
use crate::test::Static;

/// Expressions nested deeper than this are refused.
const MAX_DEPTH: usize = 64;
/// A tree of more operators than this is refused: chains of them nest to the left.
const MAX_OPERATORS: usize = 1000;

/// Reads a query and checks that it means something.
pub fn parse(text: &str) -> Result<Expr, Error> {
    let expr = parse_unchecked(text)?;
    super::check(&expr)?;
    Ok(expr)
}

/// Reads a query without checking its types.
pub fn parse_unchecked(text: &str) -> Result<Expr, Error> {
    if text.len() > MAX_QUERY_BYTES {
        let length = text.len();
        return Err(Error::invalid(format!("query of {length} bytes is longer than {MAX_QUERY_BYTES}")));
    }
    let mut parser = Parser::new(text)?;
    if parser.peek() == &Token::End {
        return Err(Error::Parse { position: None, message: "syntax error: unexpected $end".to_owned() });
    }
    let node = parser.pipeline()?;
    let body = match node {
        Node::Spans(spans) => Body::Spans(Pipeline { stages: vec![Stage::Spansets(spans)] }),
        Node::Pipeline(pipeline) => Body::Spans(pipeline),
        Node::Metrics(metrics) => Body::Metrics(metrics),
        Node::Scalar(_) => return Err(parser.unexpected()),
    };
    let hints = parser.hints()?;
    if parser.peek() != &Token::End {
        return Err(parser.unexpected_expecting("with"));
    }
    Ok(Expr { body, hints })
}

/// Reads the name of one field, such as `span.http.method` or `kind`.
pub fn parse_field(text: &str) -> Result<Field, Error> {
    let mut parser = Parser::new(text)?;
    let field = parser.field()?;
    if parser.peek() == &Token::End { Ok(field) } else { Err(parser.unexpected()) }
}

/// What an expression at the level of pipelines may turn out to be.
enum Node {
    Spans(Spansets),
    Pipeline(Pipeline),
    Metrics(MetricExpr),
    Scalar(ScalarExpr),
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Spanned>,
    at: usize,
    depth: usize,
    operators: usize,
    /// An aggregate that ended a pipeline without a comparison: only parentheses may close it.
    pending: Option<Aggregate>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, Error> {
        Ok(Self { text, tokens: lex(text)?, at: 0, depth: 0, operators: 0, pending: None })
    }

    fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> &Token {
        self.tokens.get(self.at + ahead).map_or(&Token::End, |spanned| &spanned.token)
    }

    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len().saturating_sub(1));
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(found) if *found == symbol)
    }

    fn at_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if **found == *word)
    }

    /// Takes a symbol if it is there.
    fn take(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Error> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn error(&self, message: impl Into<String>) -> Error {
        let offset = self.tokens.get(self.at).map_or(self.text.len(), |spanned| spanned.at);
        Error::Parse { position: Some(Position::of(self.text, offset)), message: message.into() }
    }

    fn unexpected(&self) -> Error {
        self.error(format!("syntax error: unexpected {}", self.peek().describe()))
    }

    fn unexpected_expecting(&self, wanted: &str) -> Error {
        self.error(format!("syntax error: unexpected {}, expecting {wanted}", self.peek().describe()))
    }

    /// Runs `parse` one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error(format!("expressions are nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// Counts an operator, since chains of them make deep trees, too.
    fn count_operator(&mut self) -> Result<(), Error> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            return Err(self.error(format!("more than {MAX_OPERATORS} operators")));
        }
        Ok(())
    }

    fn hints(&mut self) -> Result<Vec<(Box<str>, Static)>, Error> {
        let mut hints = Vec::new();
        if !self.at_word("with") {
            return Ok(hints);
        }
        self.advance();
        self.expect("(")?;
        loop {
            let Token::Word(name) = self.peek() else { return Err(self.unexpected_expecting("IDENTIFIER")) };
            let name = name.clone();
            self.advance();
            self.expect("=")?;
            hints.push((name, self.signed_static()?));
            if self.take(")") {
                return Ok(hints);
            }
            self.expect(",")?;
        }
    }

    /// A constant, a number perhaps with a minus.
    fn signed_static(&mut self) -> Result<Static, Error> {
        let negative = self.take("-");
        let Token::Static(value) = self.peek() else { return Err(self.unexpected()) };
        let value = match (value.clone(), negative) {
            (Static::Int(number), true) => Static::Int(number.wrapping_neg()),
            (Static::Float(number), true) => Static::Float(-number),
            (Static::Duration(nanos), true) => Static::Duration(nanos.wrapping_neg()),
            (_, true) => return Err(self.unexpected()),
            (value, false) => value,
        };
        self.advance();
        Ok(value)
    }

    fn field(&mut self) -> Result<Field, Error> {
        match self.peek() {
            Token::Field(field) => {
                let field = field.clone();
                self.advance();
                Ok(field)
            }
            Token::Parent(_) => Err(Error::invalid("parent not yet supported")),
            _ => Err(self.unexpected()),
        }
    }

    fn fields(&mut self) -> Result<Vec<Field>, Error> {
        self.expect("(")?;
        let mut fields = vec![self.field()?];
        while self.take(",") {
            fields.push(self.field()?);
        }
        self.expect(")")?;
        Ok(fields)
    }
}
