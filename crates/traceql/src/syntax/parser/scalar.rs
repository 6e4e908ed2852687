//! Arithmetic outside of braces: between aggregates, and between series of metrics.

use super::{Node, Parser};
use crate::error::Error;
use crate::syntax::ast::{Aggregate, AggregateOp, BinaryOp, MetricExpr, MetricOp, ScalarExpr, Stage};
use crate::syntax::token::Token;
use crate::test::Static;

impl Parser<'_> {
    /// Sums of products of operands; a lone operand may be anything.
    pub(super) fn arithmetic(&mut self) -> Result<Node, Error> {
        let mut left = self.terms()?;
        loop {
            let op = match self.peek() {
                Token::Symbol("+") => BinaryOp::Add,
                Token::Symbol("-") => BinaryOp::Sub,
                _ => return Ok(left),
            };
            if !matches!(left, Node::Scalar(_) | Node::Metrics(_)) {
                return Ok(left);
            }
            self.advance();
            let right = self.terms()?;
            left = self.combined(op, left, right)?;
        }
    }

    fn terms(&mut self) -> Result<Node, Error> {
        let mut left = self.factor()?;
        loop {
            let op = match self.peek() {
                Token::Symbol("*") => BinaryOp::Mul,
                Token::Symbol("/") => BinaryOp::Div,
                Token::Symbol("%") => BinaryOp::Mod,
                Token::Symbol("^") => BinaryOp::Pow,
                _ => return Ok(left),
            };
            if !matches!(left, Node::Scalar(_) | Node::Metrics(_)) {
                return Ok(left);
            }
            self.advance();
            let right = self.factor()?;
            left = self.combined(op, left, right)?;
        }
    }

    fn combined(&mut self, op: BinaryOp, left: Node, right: Node) -> Result<Node, Error> {
        self.count_operator()?;
        let metric_op = MetricOp::from_symbol(op.symbol());
        let (left, right) = match (left, right) {
            (Node::Scalar(left), Node::Scalar(right)) => return Ok(Node::Scalar(folded(op, left, right))),
            (Node::Metrics(left), Node::Metrics(right)) => (left, right),
            (Node::Metrics(left), Node::Scalar(right)) => (left, self.metric_number(right)?),
            (Node::Scalar(left), Node::Metrics(right)) => (self.metric_number(left)?, right),
            _ => return Err(self.unexpected()),
        };
        let Some(op) = metric_op else { return Err(self.unexpected()) };
        Ok(Node::Metrics(MetricExpr::Binary(op, Box::new(left), Box::new(right))))
    }

    fn metric_number(&self, scalar: ScalarExpr) -> Result<MetricExpr, Error> {
        match scalar {
            ScalarExpr::Static(value @ (Static::Int(_) | Static::Float(_))) => Ok(MetricExpr::Number(value)),
            ScalarExpr::Static(Static::Duration(_)) => {
                Err(self.error("duration cannot be used as a scalar operand in metric arithmetic"))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn factor(&mut self) -> Result<Node, Error> {
        match self.peek() {
            Token::Symbol("{") => {
                self.filter().map(|filter| Node::Spans(crate::syntax::ast::Spansets::Filter(filter)))
            }
            Token::Symbol("(") => {
                self.advance();
                let inner = self.pipeline()?;
                let inner = self.aggregated(inner)?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Symbol("-") | Token::Static(Static::Int(_) | Static::Float(_) | Static::Duration(_)) => {
                Ok(Node::Scalar(ScalarExpr::Static(self.signed_static()?)))
            }
            Token::Word(word) => match AggregateOp::from_name(word) {
                Some(op) => Ok(Node::Scalar(ScalarExpr::Aggregate(self.aggregate(op)?))),
                None => Err(self.unexpected()),
            },
            _ => Err(self.unexpected()),
        }
    }

    /// `({ … } | count())`: a pipeline that ends in an aggregate without comparison.
    fn aggregated(&mut self, node: Node) -> Result<Node, Error> {
        let Some(aggregate) = self.pending.take() else { return Ok(node) };
        match node {
            Node::Pipeline(pipeline) => Ok(Node::Scalar(ScalarExpr::Pipeline(Box::new(pipeline), aggregate))),
            Node::Spans(spans) => {
                let pipeline = crate::syntax::ast::Pipeline { stages: vec![Stage::Spansets(spans)] };
                Ok(Node::Scalar(ScalarExpr::Pipeline(Box::new(pipeline), aggregate)))
            }
            Node::Metrics(_) | Node::Scalar(_) => Err(self.unexpected()),
        }
    }

    pub(super) fn aggregate(&mut self, op: AggregateOp) -> Result<Aggregate, Error> {
        self.advance();
        self.expect("(")?;
        let field = if op == AggregateOp::Count { None } else { Some(self.field_expr()?) };
        self.expect(")")?;
        Ok(Aggregate { op, field })
    }
}

/// Constants are computed at once.
fn folded(op: BinaryOp, left: ScalarExpr, right: ScalarExpr) -> ScalarExpr {
    if let (ScalarExpr::Static(a), ScalarExpr::Static(b)) = (&left, &right)
        && let Some(value) = crate::eval::constant(op, a, b)
    {
        return ScalarExpr::Static(value);
    }
    Parser::scalar_of(op, left, right)
}
