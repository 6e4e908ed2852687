//! What a grammar can't say: rules about whole queries, with Loki's words.

use crate::error::ParseError;
use crate::gotext::float::Plain;
use crate::matcher::CompiledSelector;
use crate::syntax::ast::{Expr, LogExpr, MetricExpr, RangeAggregation, RangeOp, Selector, VectorOp};
use crate::syntax::regexes;

pub(crate) fn expr(expr: &Expr) -> Result<(), ParseError> {
    regexes::check(expr)?;
    match expr {
        Expr::Log(log_expr) => log(log_expr),
        Expr::Metric(metric_expr) => metric(metric_expr),
    }
}

fn log(log: &LogExpr) -> Result<(), ParseError> {
    selector(&log.selector)?;
    crate::pipeline::check(&log.stages)
}

fn metric(expr: &MetricExpr) -> Result<(), ParseError> {
    match expr {
        MetricExpr::Number(_) | MetricExpr::VectorOf(_) => Ok(()),
        MetricExpr::Range(aggregation) => range(aggregation),
        MetricExpr::Vector(aggregation) => metric(&aggregation.inner),
        MetricExpr::Binary(binary) => {
            metric(&binary.left)?;
            metric(&binary.right)
        }
        MetricExpr::LabelReplace(replace) => {
            let pattern = format!("^(?:{})$", replace.regex);
            crate::gotext::regex::compile_text(&pattern)
                .map_err(|error| ParseError::new(format!("invalid regex in label_replace: {error}")))?;
            metric(&replace.inner)
        }
    }
}

fn range(aggregation: &RangeAggregation) -> Result<(), ParseError> {
    let op = aggregation.op;
    let name = op.as_str();
    let grouping_allowed = matches!(
        op,
        RangeOp::Avg
            | RangeOp::Min
            | RangeOp::Max
            | RangeOp::Stddev
            | RangeOp::Stdvar
            | RangeOp::Quantile
            | RangeOp::First
            | RangeOp::Last
    );
    match (op, aggregation.param) {
        (RangeOp::Quantile, None) => {
            return Err(ParseError::new(format!("parameter required for operation {name}")));
        }
        (RangeOp::Quantile, Some(_)) | (_, None) => {}
        (_, Some(value)) => {
            let message = format!("parameter {} not supported for operation {name}", Plain(value));
            return Err(ParseError::new(message));
        }
    }
    if aggregation.grouping.is_some() && !grouping_allowed {
        return Err(ParseError::new(format!("grouping not allowed for {name} aggregation")));
    }
    let unwrapped = match op {
        RangeOp::Count | RangeOp::Bytes | RangeOp::BytesRate => Some(false),
        RangeOp::Rate | RangeOp::Absent => None,
        _ => Some(true),
    };
    match (unwrapped, aggregation.unwrap.is_some()) {
        (Some(false), true) => {
            return Err(ParseError::new(format!("invalid aggregation {name} with unwrap")));
        }
        (Some(true), false) => {
            return Err(ParseError::new(format!("invalid aggregation {name} without unwrap")));
        }
        _ => {}
    }
    selector(&aggregation.log.selector)?;
    crate::pipeline::check_range(aggregation)
}

fn selector(selector: &Selector) -> Result<(), ParseError> {
    if CompiledSelector::new(selector)?.is_selective() {
        return Ok(());
    }
    Err(ParseError::new(
        "queries require at least one regexp or equality matcher that does not have an empty-compatible value. For \
         instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will",
    ))
}

/// Checks the parameter and the grouping of a vector aggregation.
pub(crate) fn vector_param(
    op: VectorOp,
    param: Option<&str>,
    grouped: bool,
) -> Result<Option<i64>, ParseError> {
    let name = op.as_str();
    if grouped && matches!(op, VectorOp::Sort | VectorOp::SortDesc | VectorOp::ApproxTopk) {
        return Err(ParseError::new(format!("grouping not allowed for {name} aggregation")));
    }
    match (op.takes_param(), param) {
        (false, None) => Ok(None),
        (false, Some(param)) => {
            Err(ParseError::new(format!("unsupported parameter for operation {name}({param},")))
        }
        (true, None) => Err(ParseError::new(format!("parameter required for operation {name}"))),
        (true, Some(param)) => {
            let value: i64 =
                param.parse().map_err(|_| ParseError::new(format!("invalid parameter {name}({param},")))?;
            if value <= 0 {
                let message = format!("invalid parameter (must be greater than 0) {name}({param}");
                return Err(ParseError::new(message));
            }
            Ok(Some(value))
        }
    }
}
