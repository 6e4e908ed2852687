//! Functions over time and what may follow them.

use super::Parser;
use crate::error::Error;
use crate::syntax::ast::{
    CompareArgs, MetricExpr, MetricFunction, MetricQuery, MetricStage, MetricValue, Pipeline,
};
use crate::syntax::token::Token;
use crate::test::{Compare, Static};

impl Parser<'_> {
    pub(super) fn metric_query(
        &mut self,
        pipeline: Pipeline,
        function: MetricFunction,
    ) -> Result<MetricExpr, Error> {
        self.advance();
        self.expect("(")?;
        let value = match function {
            MetricFunction::Rate | MetricFunction::CountOverTime => MetricValue::Spans,
            MetricFunction::Compare => MetricValue::Compare(Box::new(self.compare_args()?)),
            MetricFunction::QuantileOverTime => {
                let field = self.field()?;
                MetricValue::Quantiles(field, self.quantiles()?)
            }
            _ => MetricValue::Field(self.field()?),
        };
        self.expect(")")?;
        let by = if function != MetricFunction::Compare && self.at_word("by") {
            self.advance();
            self.fields()?
        } else {
            Vec::new()
        };
        Ok(MetricExpr::Query(Box::new(MetricQuery { pipeline, function, value, by })))
    }

    fn quantiles(&mut self) -> Result<Vec<Static>, Error> {
        let mut quantiles = Vec::new();
        while self.take(",") {
            let Token::Static(value @ (Static::Int(_) | Static::Float(_))) = self.peek() else {
                return Err(self.unexpected_expecting("INTEGER or FLOAT"));
            };
            quantiles.push(value.clone());
            self.advance();
        }
        if quantiles.is_empty() { Err(self.unexpected()) } else { Ok(quantiles) }
    }

    fn compare_args(&mut self) -> Result<CompareArgs, Error> {
        if !self.at_symbol("{") {
            return Err(self.unexpected_expecting("{"));
        }
        let selection = self.filter()?;
        let top = if self.take(",") { Some(self.integer()?) } else { None };
        let window = if top.is_some() && self.take(",") {
            let start = self.integer()?;
            self.expect(",")?;
            Some((start, self.integer()?))
        } else {
            None
        };
        Ok(CompareArgs { selection, top, window })
    }

    fn integer(&mut self) -> Result<i64, Error> {
        let Token::Static(Static::Int(number)) = self.peek() else {
            return Err(self.unexpected_expecting("INTEGER"));
        };
        let number = *number;
        self.advance();
        Ok(number)
    }

    /// What follows a `|` behind a metrics query.
    pub(super) fn second_stage(&mut self, inner: MetricExpr) -> Result<MetricExpr, Error> {
        let stage = match self.peek() {
            Token::Word(word) if matches!(&**word, "topk" | "bottomk") => {
                let is_top = **word == *"topk";
                self.advance();
                self.expect("(")?;
                let count = self.integer()?;
                self.expect(")")?;
                if is_top { MetricStage::TopK(count) } else { MetricStage::BottomK(count) }
            }
            Token::Symbol(symbol) if Compare::from_symbol(symbol).is_some() => {
                let op = Compare::from_symbol(symbol).unwrap_or(Compare::Eq);
                self.advance();
                MetricStage::Filter(op, self.threshold()?)
            }
            _ => return Err(self.unexpected_expecting("topk or bottomk")),
        };
        Ok(MetricExpr::Stage(Box::new(inner), stage))
    }
}
