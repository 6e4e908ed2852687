//! What stands inside a range aggregation: a log query with a window.

use crate::error::ParseError;
use crate::syntax::ast::{LogExpr, RangeAggregation, RangeOp, Selector, Stage, Unwrap, UnwrapConversion};
use crate::syntax::parser::Parser;
use crate::syntax::parser::log::UnwrapIs;
use crate::syntax::token::Token;

/// A log query whose window may still be to come: `({…} | json)` is followed by `[5m]`.
struct Windowed {
    selector: Selector,
    stages: Vec<Stage>,
    unwrap: Option<Unwrap>,
    window: Option<(i64, i64)>,
}

impl Windowed {
    fn is_bare(&self) -> bool {
        self.stages.is_empty() && self.unwrap.is_none()
    }
}

impl Parser<'_> {
    pub(super) fn range_aggregation(&mut self, op: RangeOp) -> Result<RangeAggregation, ParseError> {
        self.advance();
        self.expect("(")?;
        let param = match self.peek() {
            Token::Number(_) => {
                let value = self.number("")?;
                self.expect(",")?;
                Some(value)
            }
            _ => None,
        };
        let windowed = self.windowed()?;
        let Some((range, offset)) = windowed.window else { return Err(self.unexpected("")) };
        self.expect(")")?;
        let grouping = self.grouping()?;
        let log = LogExpr { selector: windowed.selector, stages: windowed.stages };
        Ok(RangeAggregation { op, param, log, unwrap: windowed.unwrap, range, offset, grouping })
    }

    fn windowed(&mut self) -> Result<Windowed, ParseError> {
        let mut found = if self.eat("(") {
            let inner = self.nested(Self::windowed)?;
            self.expect(")")?;
            inner
        } else if self.at_symbol("{") {
            let selector = self.selector()?;
            let (stages, unwrap) = self.pipeline(UnwrapIs::Allowed)?;
            Windowed { selector, stages, unwrap, window: None }
        } else {
            return Err(self.unexpected("NUMBER or { or ("));
        };
        if found.window.is_none() {
            let Token::Range(range) = *self.peek() else { return Ok(found) };
            self.advance();
            found.window = Some((range, self.offset()?));
            // A pipeline stands before the window or behind it, not on both sides.
            if found.is_bare() {
                (found.stages, found.unwrap) = self.pipeline(UnwrapIs::Allowed)?;
            }
        }
        Ok(found)
    }

    fn offset(&mut self) -> Result<i64, ParseError> {
        if !self.eat("offset") {
            return Ok(0);
        }
        let negative = self.eat("-");
        let Token::Duration(offset) = *self.peek() else { return Err(self.unexpected("DURATION")) };
        self.advance();
        Ok(if negative { -offset } else { offset })
    }

    /// What follows `| unwrap`.
    pub(super) fn unwrap(&mut self) -> Result<Unwrap, ParseError> {
        let conversion = match self.peek() {
            Token::Function("bytes") => Some(UnwrapConversion::Bytes),
            Token::Function("duration") => Some(UnwrapConversion::Duration),
            Token::Function("duration_seconds") => Some(UnwrapConversion::DurationSeconds),
            _ => None,
        };
        let label = if conversion.is_some() {
            self.advance();
            self.expect("(")?;
            let label = self.identifier("IDENTIFIER")?;
            self.expect(")")?;
            label
        } else {
            self.identifier("IDENTIFIER or BYTES_CONV or DURATION_CONV or DURATION_SECONDS_CONV")?
        };
        let mut filters = Vec::new();
        while self.eat("|") {
            filters.push(self.label_filter("IDENTIFIER or (")?);
        }
        Ok(Unwrap { label, conversion, filters })
    }
}
