//! Sets of spans and the stages of pipelines.

use super::{Node, Parser};
use crate::error::Error;
use crate::syntax::ast::{
    BinaryOp, FieldExpr, MetricExpr, MetricFunction, MetricStage, Pipeline, ScalarExpr, ScalarFilter,
    SpansetOp, Spansets, Stage,
};
use crate::syntax::token::Token;
use crate::test::{Compare, Static};

impl Parser<'_> {
    /// Sets of spans, then stages.
    pub(super) fn pipeline(&mut self) -> Result<Node, Error> {
        self.nested(|parser| {
            let mut node = parser.sets()?;
            while parser.take("|") {
                node = parser.stage(node)?;
                node = parser.metric_filters(node)?;
            }
            Ok(node)
        })
    }

    fn stage(&mut self, before: Node) -> Result<Node, Error> {
        if let Node::Metrics(inner) = before {
            return Ok(Node::Metrics(self.second_stage(inner)?));
        }
        let mut pipeline = match before {
            Node::Spans(spans) => Pipeline { stages: vec![Stage::Spansets(spans)] },
            Node::Pipeline(pipeline) => pipeline,
            Node::Metrics(_) | Node::Scalar(_) => return Err(self.unexpected()),
        };
        let function = match self.peek() {
            Token::Word(word) => MetricFunction::from_name(word),
            _ => None,
        };
        if let Some(function) = function {
            return Ok(Node::Metrics(self.metric_query(pipeline, function)?));
        }
        let stage = match self.peek() {
            Token::Word(word) if **word == *"by" => {
                self.advance();
                self.expect("(")?;
                let key = self.field_expr()?;
                self.expect(")")?;
                Stage::By(key)
            }
            Token::Word(word) if **word == *"coalesce" => {
                self.advance();
                self.expect("(")?;
                self.expect(")")?;
                Stage::Coalesce
            }
            Token::Word(word) if **word == *"select" => {
                self.advance();
                Stage::Select(self.fields()?)
            }
            _ => match self.sets()? {
                Node::Scalar(ScalarExpr::Aggregate(aggregate)) if self.at_symbol(")") => {
                    self.pending = Some(aggregate);
                    return Ok(Node::Pipeline(pipeline));
                }
                Node::Spans(Spansets::Scalar(filter)) => Stage::Scalar(filter),
                Node::Spans(spans) => Stage::Spansets(spans),
                Node::Pipeline(pipeline) => Stage::Spansets(Spansets::Pipeline(pipeline)),
                Node::Metrics(_) | Node::Scalar(_) => return Err(self.unexpected()),
            },
        };
        pipeline.stages.push(stage);
        Ok(Node::Pipeline(pipeline))
    }

    /// Operands joined by `&&` and `||`, which have one precedence.
    fn sets(&mut self) -> Result<Node, Error> {
        let mut left = self.related(false)?;
        loop {
            let op = match self.peek() {
                Token::Symbol("&&") => SpansetOp::And,
                Token::Symbol("||") => SpansetOp::Or,
                _ => return Ok(left),
            };
            let first = self.operand_set(left)?;
            self.advance();
            self.count_operator()?;
            let right = self.related(true)?;
            let right = self.operand_set(right)?;
            left = Node::Spans(Spansets::Operation(op, Box::new(first), Box::new(right)));
        }
    }

    /// Operands joined by structural operators; comparisons of scalars.
    fn related(&mut self, bare: bool) -> Result<Node, Error> {
        let mut left = self.operand_node(bare)?;
        loop {
            let Token::Symbol(symbol) = *self.peek() else { return Ok(left) };
            if let Node::Scalar(scalar) = left {
                if Compare::from_symbol(symbol).is_none() {
                    return Ok(Node::Scalar(scalar));
                }
                left = self.scalar_filter(scalar)?;
                continue;
            }
            if matches!(left, Node::Metrics(_)) {
                left = self.metric_filters(left)?;
                return Ok(left);
            }
            let Some(op) = SpansetOp::from_symbol(symbol).filter(|op| op.is_structural()) else {
                return Ok(left);
            };
            let first = self.operand_set(left)?;
            self.advance();
            self.count_operator()?;
            let right = self.operand_node(false)?;
            let right = self.operand_set(right)?;
            left = Node::Spans(Spansets::Operation(op, Box::new(first), Box::new(right)));
        }
    }

    fn operand_set(&self, node: Node) -> Result<Spansets, Error> {
        match node {
            Node::Spans(spans) => Ok(spans),
            Node::Pipeline(pipeline) => Ok(Spansets::Pipeline(pipeline)),
            Node::Metrics(_) | Node::Scalar(_) => Err(self.unexpected()),
        }
    }

    /// A filter, something in parentheses, or a scalar. With `bare`, also a condition without braces.
    fn operand_node(&mut self, bare: bool) -> Result<Node, Error> {
        match self.peek() {
            Token::Symbol("{") => self.filter().map(|filter| Node::Spans(Spansets::Filter(filter))),
            Token::Field(_) if bare || self.bare_operand_follows() => {
                Ok(Node::Spans(Spansets::Filter(self.comparison()?)))
            }
            _ => self.arithmetic(),
        }
    }

    /// Whether a condition without braces stands here, as the left operand of `&&` or `||`.
    fn bare_operand_follows(&self) -> bool {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let mut symbols = rest.iter().filter_map(|spanned| match &spanned.token {
            Token::Symbol(symbol @ ("&&" | "||" | "{" | "}" | "(" | ")" | "|")) => Some(*symbol),
            _ => None,
        });
        matches!(symbols.next(), Some("&&" | "||")) && matches!(symbols.next(), Some("{"))
    }

    /// `{ … }`
    pub(super) fn filter(&mut self) -> Result<FieldExpr, Error> {
        self.expect("{")?;
        if self.take("}") {
            return Ok(FieldExpr::Static(Static::Bool(true)));
        }
        let expr = self.field_expr()?;
        self.expect("}")?;
        Ok(expr)
    }

    fn scalar_filter(&mut self, left: ScalarExpr) -> Result<Node, Error> {
        let op = match self.peek() {
            Token::Symbol(symbol) => Compare::from_symbol(symbol),
            _ => None,
        };
        let Some(op) = op else { return Err(self.unexpected()) };
        self.advance();
        let Node::Scalar(right) = self.arithmetic()? else { return Err(self.unexpected()) };
        if matches!((&left, &right), (ScalarExpr::Static(_), ScalarExpr::Static(_))) {
            return Err(self.unexpected());
        }
        Ok(Node::Spans(Spansets::Scalar(ScalarFilter { op, left, right })))
    }

    /// `> 5` behind a metrics query.
    fn metric_filters(&mut self, node: Node) -> Result<Node, Error> {
        let Node::Metrics(mut metrics) = node else { return Ok(node) };
        loop {
            let op = match self.peek() {
                Token::Symbol(symbol) => Compare::from_symbol(symbol),
                _ => None,
            };
            let Some(op) = op else { return Ok(Node::Metrics(metrics)) };
            self.advance();
            metrics = MetricExpr::Stage(Box::new(metrics), MetricStage::Filter(op, self.threshold()?));
        }
    }

    pub(super) fn threshold(&mut self) -> Result<Static, Error> {
        if !matches!(
            (self.peek(), self.peek_at(1)),
            (Token::Static(Static::Int(_) | Static::Float(_) | Static::Duration(_)), _)
                | (Token::Symbol("-"), Token::Static(_))
        ) {
            return Err(self.unexpected());
        }
        self.signed_static()
    }

    /// What an aggregate in parentheses with a pipeline before it is.
    pub(super) fn scalar_of(op: BinaryOp, left: ScalarExpr, right: ScalarExpr) -> ScalarExpr {
        ScalarExpr::Binary(op, Box::new(left), Box::new(right))
    }
}
