//! Whether a query means something: types, and what is read but not supported.

use super::ast::{
    AggregateOp, BinaryOp, Body, Expr, FieldExpr, MetricExpr, MetricFunction, MetricQuery, MetricStage,
    MetricValue, Pipeline, ScalarExpr, ScalarFilter, Spansets, Stage, UnaryOp,
};
use super::types::{Type, of};
use crate::error::Error;
use crate::field::{Field, Scope};
use crate::test::{Compare, Static};

type Checked = Result<(), Error>;

/// Regular expressions in one query.
const MAX_REGEXES: usize = 200;
/// So many may each be as large as one may be; more of them share this many bytes.
const FREE_REGEXES: usize = 4;
const REGEX_BYTES: usize = 32 << 20;

pub(crate) fn check(expr: &Expr) -> Checked {
    let mut regexes = Vec::new();
    match &expr.body {
        Body::Spans(spans) => pipeline(spans, &mut regexes)?,
        Body::Metrics(expr) => metrics(expr, &mut regexes)?,
    }
    if regexes.len() > MAX_REGEXES {
        return Err(Error::invalid(format!("more than {MAX_REGEXES} regular expressions")));
    }
    let each = REGEX_BYTES / regexes.len().max(1);
    if regexes.len() > FREE_REGEXES && regexes.iter().any(|pattern| !logql::go::fits(pattern, each)) {
        return Err(Error::invalid("the regular expressions of the query are too many and too large"));
    }
    Ok(())
}

fn pipeline<'e>(pipeline: &'e Pipeline, regexes: &mut Vec<&'e str>) -> Checked {
    if matches!(pipeline.stages.first(), Some(Stage::Coalesce)) {
        return Err(Error::invalid("coalesce cannot be the first stage of a pipeline"));
    }
    pipeline.stages.iter().try_for_each(|stage| match stage {
        Stage::Spansets(spans) => spansets(spans, regexes),
        Stage::Scalar(filter) => scalar_filter(filter, regexes),
        Stage::By(key) => {
            field_expr(key, regexes)?;
            if key.names_span() {
                Ok(())
            } else {
                Err(Error::invalid(format!("grouping field expressions must reference the span: by({key})")))
            }
        }
        Stage::Coalesce | Stage::Select(_) => Ok(()),
    })
}

fn spansets<'e>(spans: &'e Spansets, regexes: &mut Vec<&'e str>) -> Checked {
    match spans {
        Spansets::Filter(expr) => filter(expr, regexes),
        Spansets::Operation(_, left, right) => {
            spansets(left, regexes)?;
            spansets(right, regexes)
        }
        Spansets::Pipeline(inner) => pipeline(inner, regexes),
        Spansets::Scalar(filter) => scalar_filter(filter, regexes),
    }
}

fn filter<'e>(expr: &'e FieldExpr, regexes: &mut Vec<&'e str>) -> Checked {
    field_expr(expr, regexes)?;
    if matches!(of(expr), Type::Bool | Type::Any) {
        return Ok(());
    }
    Err(Error::invalid(format!("span filter field expressions must resolve to a boolean: {{ {expr} }}")))
}

fn field_expr<'e>(expr: &'e FieldExpr, regexes: &mut Vec<&'e str>) -> Checked {
    match expr {
        FieldExpr::Static(_) | FieldExpr::Field(_) => Ok(()),
        FieldExpr::Parent(name) if name.is_empty() => {
            Err(Error::invalid("intrinsic (parent) not yet supported"))
        }
        FieldExpr::Parent(_) => Err(Error::invalid("parent not yet supported")),
        FieldExpr::Unary(op, inner) => {
            field_expr(inner, regexes)?;
            let fits = match op {
                UnaryOp::Not => matches!(of(inner), Type::Bool | Type::Any),
                UnaryOp::Minus => of(inner).is_number() || of(inner) == Type::Any,
            };
            if fits {
                Ok(())
            } else {
                Err(Error::invalid(format!("illegal operation for the given type: {expr}")))
            }
        }
        FieldExpr::Binary(op, left, right) => {
            field_expr(left, regexes)?;
            field_expr(right, regexes)?;
            binary(expr, *op, left, right, regexes)
        }
    }
}

fn binary<'e>(
    expr: &FieldExpr,
    op: BinaryOp,
    left: &FieldExpr,
    right: &'e FieldExpr,
    regexes: &mut Vec<&'e str>,
) -> Checked {
    let (left_type, right_type) = (of(left), of(right));
    if !left_type.agrees_with(right_type) {
        return Err(Error::invalid(format!("binary operations must operate on the same type: {expr}")));
    }
    if !left_type.allows(op) || !right_type.allows(op) {
        return Err(Error::invalid(format!("illegal operation for the given types: {expr}")));
    }
    if op == BinaryOp::Compare(Compare::Eq) {
        for (side, other) in [(left, right_type), (right, left_type)] {
            if other == Type::Nil && never_missing(side) {
                return Err(Error::invalid(format!(
                    "{side}=nil is not valid because intrinsics cannot be nil"
                )));
            }
        }
    }
    if matches!(op, BinaryOp::Match | BinaryOp::NotMatch) {
        let FieldExpr::Static(Static::Str(pattern)) = right else {
            return Err(Error::invalid(format!("illegal operation for the given types: {expr}")));
        };
        let pattern = regex_text(left, pattern);
        logql::go::compile_anchored(pattern)
            .map_err(|_| Error::invalid(format!("invalid regex: `{pattern}`")))?;
        regexes.push(pattern);
    }
    Ok(())
}

/// The pattern that a field is matched with: trace ids have no leading zeros.
pub(crate) fn regex_text<'p>(field: &FieldExpr, pattern: &'p str) -> &'p str {
    match field {
        FieldExpr::Field(Field::Intrinsic(crate::field::Intrinsic::TraceId)) => {
            pattern.trim_start_matches('0')
        }
        _ => pattern,
    }
}

fn never_missing(expr: &FieldExpr) -> bool {
    match expr {
        FieldExpr::Field(Field::Intrinsic(_)) => true,
        FieldExpr::Field(Field::Attribute { scope: Scope::Resource, name }) => &**name == "service.name",
        _ => false,
    }
}

fn scalar_filter<'e>(filter: &'e ScalarFilter, regexes: &mut Vec<&'e str>) -> Checked {
    // Arithmetic between aggregates is read, but not supported.
    let unsupported = |side: &str| {
        Err(Error::invalid(format!("scalar filter {side} of type (%v) not yet supported: {filter}")))
    };
    match &filter.left {
        ScalarExpr::Aggregate(aggregate) => aggregate_field(aggregate, regexes)?,
        _ => return unsupported("lhs"),
    }
    match &filter.right {
        ScalarExpr::Static(Static::Int(_) | Static::Float(_) | Static::Duration(_)) => Ok(()),
        _ => unsupported("rhs"),
    }
}

fn aggregate_field<'e>(aggregate: &'e super::ast::Aggregate, regexes: &mut Vec<&'e str>) -> Checked {
    let Some(field) = &aggregate.field else { return Ok(()) };
    debug_assert!(aggregate.op != AggregateOp::Count);
    field_expr(field, regexes)?;
    if !(of(field).is_number() || of(field) == Type::Any) {
        return Err(Error::invalid(format!(
            "aggregate field expressions must resolve to a number type: {aggregate}"
        )));
    }
    if !field.names_span() {
        return Err(Error::invalid(format!(
            "aggregate field expressions must reference the span: {aggregate}"
        )));
    }
    Ok(())
}

fn metrics<'e>(expr: &'e MetricExpr, regexes: &mut Vec<&'e str>) -> Checked {
    match expr {
        MetricExpr::Number(_) => Ok(()),
        MetricExpr::Query(query) => metric_query(query, regexes),
        MetricExpr::Binary(_, left, right) => {
            if expr.queries().iter().any(|query| query.function == MetricFunction::Compare) {
                return Err(Error::invalid("`compare()` cannot be used in metric arithmetic"));
            }
            metrics(left, regexes)?;
            metrics(right, regexes)
        }
        MetricExpr::Stage(inner, stage) => {
            metrics(inner, regexes)?;
            if inner.queries().iter().any(|query| query.function == MetricFunction::Compare) {
                return Err(Error::invalid("`compare()` cannot be used with second stage functions"));
            }
            match stage {
                MetricStage::TopK(count) | MetricStage::BottomK(count) if *count <= 0 => {
                    Err(Error::invalid("limit must be greater than 0"))
                }
                _ => Ok(()),
            }
        }
    }
}

fn metric_query<'e>(query: &'e MetricQuery, regexes: &mut Vec<&'e str>) -> Checked {
    pipeline(&query.pipeline, regexes)?;
    let most = match query.function {
        MetricFunction::QuantileOverTime
        | MetricFunction::HistogramOverTime
        | MetricFunction::AvgOverTime => 4,
        _ => 5,
    };
    if query.by.len() > most {
        return Err(Error::invalid(format!("metrics group by {} values not yet supported", query.by.len())));
    }
    match &query.value {
        MetricValue::Quantiles(_, quantiles) => {
            quantiles.iter().try_for_each(|quantile| match quantile.value().number() {
                Some(number) if (0.0..=1.0).contains(&number) => Ok(()),
                _ => Err(Error::invalid(format!("quantile must be between 0 and 1: {quantile}"))),
            })
        }
        MetricValue::Compare(args) => {
            filter(&args.selection, regexes)?;
            match args.top {
                Some(top) if !(1..=1000).contains(&top) => Err(Error::invalid(format!(
                    "compare() top number of values must be between 1 and 1000: {top}"
                ))),
                _ => Ok(()),
            }
        }
        MetricValue::Spans | MetricValue::Field(_) => Ok(()),
    }
}
