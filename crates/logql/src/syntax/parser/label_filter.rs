//! Conditions on labels.
//!
//! `or` binds looser than `and`. A comma or nothing at all between two conditions means `and`, too, but takes
//! everything to its right as its second operand: `a, b or c` is `a and (b or c)`.

use crate::error::ParseError;
use crate::syntax::ast::{ByteLiteral, Comparison, LabelFilter, MatchOp, Matcher, Quantity};
use crate::syntax::parser::Parser;
use crate::syntax::token::Token;

const OR: u8 = 1;
const AND: u8 = 2;

impl Parser<'_> {
    pub(super) fn label_filter(&mut self, expecting: &str) -> Result<LabelFilter, ParseError> {
        self.nested(|parser| parser.label_filter_above(0, expecting))
    }

    /// Operators that bind at least as tight as `floor`.
    fn label_filter_above(&mut self, floor: u8, expecting: &str) -> Result<LabelFilter, ParseError> {
        let mut left = self.label_filter_atom(expecting)?;
        loop {
            let (precedence, conjunction) = match self.peek() {
                Token::Symbol("or") => (OR, false),
                Token::Symbol("and") => (AND, true),
                Token::Symbol(",") => {
                    self.advance();
                    let right = self.label_filter("IDENTIFIER or (")?;
                    left = combine(left, true, right);
                    continue;
                }
                Token::Identifier(_) | Token::Symbol("(") => {
                    let right = self.label_filter("")?;
                    left = combine(left, true, right);
                    continue;
                }
                _ => return Ok(left),
            };
            if precedence < floor {
                return Ok(left);
            }
            self.advance();
            let right = self.label_filter_above(precedence + 1, "IDENTIFIER or (")?;
            left = combine(left, conjunction, right);
        }
    }

    fn label_filter_atom(&mut self, expecting: &str) -> Result<LabelFilter, ParseError> {
        if self.eat("(") {
            let inner = self.label_filter("IDENTIFIER or (")?;
            if self.eat(")") {
                return Ok(inner);
            }
            return Err(self.unexpected(""));
        }
        let name = self.identifier(expecting)?;
        let comparison = match self.peek() {
            Token::Symbol("=~" | "!~") => {
                let op = if self.at_symbol("=~") { MatchOp::Regex } else { MatchOp::NotRegex };
                self.advance();
                return Ok(LabelFilter::Matcher(Matcher { name, op, value: self.string("STRING")? }));
            }
            Token::Symbol("=" | "==") => Comparison::Equal,
            Token::Symbol("!=") => Comparison::NotEqual,
            Token::Symbol(">") => Comparison::Greater,
            Token::Symbol(">=") => Comparison::GreaterOrEqual,
            Token::Symbol("<") => Comparison::Less,
            Token::Symbol("<=") => Comparison::LessOrEqual,
            _ => return Err(self.unexpected("")),
        };
        let textual = self.at_symbol("=") || self.at_symbol("!=");
        self.advance();
        self.compared(name, comparison, textual)
    }

    /// The right side of a comparison; only `=` and `!=` compare text and addresses.
    fn compared(
        &mut self,
        name: String,
        comparison: Comparison,
        textual: bool,
    ) -> Result<LabelFilter, ParseError> {
        let negated = comparison == Comparison::NotEqual;
        match self.peek() {
            Token::String(_) if textual => {
                let op = if negated { MatchOp::NotEqual } else { MatchOp::Equal };
                Ok(LabelFilter::Matcher(Matcher { name, op, value: self.string("")? }))
            }
            Token::Function("ip") if textual => Ok(LabelFilter::Ip { name, negated, pattern: self.ip()? }),
            _ => Ok(match self.quantity()? {
                Quantity::Number(value) => LabelFilter::Number { name, comparison, value },
                Quantity::Duration(nanos) => LabelFilter::Duration { name, comparison, nanos },
                Quantity::Bytes(value) => LabelFilter::Bytes { name, comparison, value: ByteLiteral(value) },
            }),
        }
    }

    fn quantity(&mut self) -> Result<Quantity, ParseError> {
        let quantity = match *self.peek() {
            Token::Duration(nanos) => Quantity::Duration(nanos),
            Token::Bytes(bytes) => Quantity::Bytes(bytes),
            Token::Number(_) => return self.number("").map(Quantity::Number),
            Token::Symbol(sign @ ("+" | "-")) => {
                self.advance();
                let value = self.number("NUMBER")?;
                return Ok(Quantity::Number(if sign == "-" { -value } else { value }));
            }
            _ => return Err(self.unexpected("")),
        };
        self.advance();
        Ok(quantity)
    }
}

fn combine(left: LabelFilter, conjunction: bool, right: LabelFilter) -> LabelFilter {
    match (left, conjunction) {
        (LabelFilter::And(mut all), true) => {
            all.push(right);
            LabelFilter::And(all)
        }
        (LabelFilter::Or(mut all), false) => {
            all.push(right);
            LabelFilter::Or(all)
        }
        (left, true) => LabelFilter::And(vec![left, right]),
        (left, false) => LabelFilter::Or(vec![left, right]),
    }
}
