//! Expressions with operators, aggregations and functions.

use crate::error::ParseError;
use crate::syntax::ast::{
    BinaryExpr, BinaryOp, Cardinality, Expr, Grouping, LabelReplace, Matching, MetricExpr, RangeOp,
    VectorAggregation, VectorOp,
};
use crate::syntax::check;
use crate::syntax::fold;
use crate::syntax::parser::{MAX_OPERATORS, Parser};
use crate::syntax::token::Token;

impl Parser<'_> {
    /// An expression of operators that bind at least as tight as `floor`.
    pub(super) fn expr(&mut self, floor: u8) -> Result<Expr, ParseError> {
        self.nested(|parser| parser.expr_above(floor))
    }

    fn expr_above(&mut self, floor: u8) -> Result<Expr, ParseError> {
        let mut left = self.operand()?;
        while let Some(op) = self.binary_op() {
            if op.precedence() < floor {
                break;
            }
            // Each operator may make the tree one level deeper.
            self.operators += 1;
            if self.operators > MAX_OPERATORS {
                return Err(ParseError::new(format!(
                    "too many operators in the query (limit: {MAX_OPERATORS})"
                )));
            }
            self.advance();
            let returns_bool = self.eat("bool");
            let matching = self.matching()?;
            let above = if op == BinaryOp::Pow { op.precedence() } else { op.precedence() + 1 };
            let right = self.expr(above)?;
            left = Expr::Metric(combine(op, returns_bool, matching, left, right)?);
        }
        Ok(left)
    }

    fn binary_op(&self) -> Option<BinaryOp> {
        let Token::Symbol(symbol) = self.peek() else { return None };
        BinaryOp::named(symbol)
    }

    fn operand(&mut self) -> Result<Expr, ParseError> {
        match *self.peek() {
            Token::Symbol("{") => self.log().map(Expr::Log),
            Token::Symbol("(") => {
                self.advance();
                let inner = self.expr(0)?;
                if self.eat(")") { Ok(inner) } else { Err(self.unexpected("")) }
            }
            Token::Symbol(sign @ ("+" | "-")) => {
                self.advance();
                let value = self.number("NUMBER")?;
                Ok(Expr::Metric(MetricExpr::Number(if sign == "-" { -value } else { value })))
            }
            Token::Number(_) => self.number("").map(|value| Expr::Metric(MetricExpr::Number(value))),
            Token::Function(name) => self.call(name).map(Expr::Metric),
            _ => Err(self.unexpected("")),
        }
    }

    fn call(&mut self, name: &'static str) -> Result<MetricExpr, ParseError> {
        if let Some(op) = RangeOp::named(name) {
            let range = self.range_aggregation(op)?;
            return Ok(MetricExpr::Range(Box::new(range)));
        }
        if let Some(op) = VectorOp::named(name) {
            let vector = self.vector_aggregation(op)?;
            return Ok(MetricExpr::Vector(Box::new(vector)));
        }
        match name {
            "label_replace" => self.label_replace(),
            "vector" => {
                self.advance();
                self.expect("(")?;
                let value = self.number("NUMBER")?;
                self.expect(")")?;
                Ok(MetricExpr::VectorOf(value))
            }
            _ => Err(self.unexpected("")),
        }
    }

    fn vector_aggregation(&mut self, op: VectorOp) -> Result<VectorAggregation, ParseError> {
        self.advance();
        let mut grouping = self.grouping()?;
        self.expect("(")?;
        let mut param = None;
        if let (Token::Number(literal), Token::Symbol(",")) = (self.peek(), self.peek_second()) {
            param = Some(literal.clone());
            self.advance();
            self.advance();
        }
        let inner = self.expr(0)?;
        let Expr::Metric(inner) = inner else { return Err(self.unexpected("")) };
        if !self.eat(")") {
            return Err(self.unexpected(""));
        }
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        let param = check::vector_param(op, param.as_deref(), grouping.is_some())?;
        Ok(VectorAggregation { op, param, inner, grouping })
    }

    /// `by (a, b)`, `without ()`
    pub(super) fn grouping(&mut self) -> Result<Option<Grouping>, ParseError> {
        let without = match self.peek() {
            Token::Symbol("by") => false,
            Token::Symbol("without") => true,
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(Grouping { without, labels: self.labels()? }))
    }

    /// `(a, b)`: none is fine.
    fn labels(&mut self) -> Result<Vec<String>, ParseError> {
        self.expect("(")?;
        let mut labels = Vec::new();
        if self.eat(")") {
            return Ok(labels);
        }
        let mut expecting = "IDENTIFIER or )";
        loop {
            labels.push(self.identifier(expecting)?);
            if self.eat(")") {
                return Ok(labels);
            }
            if !self.eat(",") {
                return Err(self.unexpected(", or )"));
            }
            expecting = "IDENTIFIER";
        }
    }

    fn matching(&mut self) -> Result<Option<Matching>, ParseError> {
        let on = match self.peek() {
            Token::Symbol("on") => true,
            Token::Symbol("ignoring") => false,
            _ => return Ok(None),
        };
        self.advance();
        let mut matching = Matching { on, labels: self.labels()?, ..Matching::default() };
        matching.cardinality = match self.peek() {
            Token::Symbol("group_left") => Cardinality::ManyToOne,
            Token::Symbol("group_right") => Cardinality::OneToMany,
            _ => return Ok(Some(matching)),
        };
        self.advance();
        // A parenthesis with names is the list; any other one opens the right side.
        let listed = matches!(self.peek_second(), Token::Symbol(")") | Token::Identifier(_));
        if self.at_symbol("(") && listed {
            matching.include = self.labels()?;
        }
        Ok(Some(matching))
    }

    fn label_replace(&mut self) -> Result<MetricExpr, ParseError> {
        self.advance();
        self.expect("(")?;
        let inner = self.expr(0)?;
        let Expr::Metric(inner) = inner else { return Err(self.unexpected("")) };
        let mut strings = [const { String::new() }; 4];
        for string in &mut strings {
            if !self.eat(",") {
                return Err(self.unexpected(","));
            }
            *string = self.string("STRING")?;
        }
        self.expect(")")?;
        let [target, replacement, source, regex] = strings;
        Ok(MetricExpr::LabelReplace(Box::new(LabelReplace { inner, target, replacement, source, regex })))
    }
}

/// Two operands and what stands between them; arithmetic of literals is done at once.
fn combine(
    op: BinaryOp,
    returns_bool: bool,
    matching: Option<Matching>,
    left: Expr,
    right: Expr,
) -> Result<MetricExpr, ParseError> {
    let leg = |side: &str, expr: Expr| match expr {
        Expr::Metric(metric) => Ok(metric),
        Expr::Log(log) => {
            let kind = if log.stages.is_empty() { "MatchersExpr" } else { "PipelineExpr" };
            Err(ParseError::new(format!(
                "unexpected type for {side} leg of binary operation ({}): *syntax.{kind}",
                op.as_str()
            )))
        }
    };
    let (left, right) = (leg("left", left)?, leg("right", right)?);
    if op.is_set() {
        for (side, metric) in [("left", &left), ("right", &right)] {
            if let MetricExpr::Number(value) = metric {
                return Err(ParseError::new(format!(
                    "unexpected literal for {side} leg of logical/set binary operation ({}): {value:.6}",
                    op.as_str()
                )));
            }
        }
    }
    if let (MetricExpr::Number(left), MetricExpr::Number(right)) = (&left, &right) {
        return Ok(MetricExpr::Number(fold::literals(op, *left, *right)));
    }
    Ok(MetricExpr::Binary(Box::new(BinaryExpr { op, returns_bool, matching, left, right })))
}
