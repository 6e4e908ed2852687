//! From text to a checked expression.
//!
//! The parser has no limits of its own; what a hostile text could cost is bounded before and after it runs.

use promql_parser::label::{Matcher, Matchers};
use promql_parser::parser::{Expr, VectorSelector, parse};

use crate::{Error, Selector};

const MAX_TEXT: usize = 16 << 10;
/// Operators and brackets in a text: each may become a level of the tree.
const MAX_OPERATORS: usize = 1000;
const MAX_REGEXES: usize = 64;
const MAX_DEPTH: usize = 128;

/// A parsed query.
#[derive(Debug, Clone)]
pub struct Query {
    pub(crate) expr: Expr,
}

impl Query {
    pub fn parse(text: &str) -> Result<Self, Error> {
        check_text(text)?;
        let expr = parse(text).map_err(Error::Parse)?;
        check_depth(&expr, MAX_DEPTH)?;
        Ok(Self { expr })
    }

    /// Whether a range query can answer it: matrices and texts have no steps.
    pub fn has_steps(&self) -> bool {
        use promql_parser::parser::value::ValueType;
        matches!(self.expr.value_type(), ValueType::Scalar | ValueType::Vector)
    }
}

/// The one selector that `text` is, as in a `match[]` parameter.
pub fn series_selector(text: &str) -> Result<Selector, Error> {
    match &Query::parse(text)?.expr {
        Expr::VectorSelector(selector) if selector.at.is_none() && selector.offset.is_none() => {
            Ok(Selector::new(selector))
        }
        _ => Err(Error::Parse("only a series selector can stand here".to_owned())),
    }
}

/// The selectors inside a query.
pub fn selectors(text: &str) -> Result<Vec<Selector>, Error> {
    let query = Query::parse(text)?;
    let mut found = Vec::new();
    collect(&query.expr, &mut found);
    Ok(found)
}

fn collect(expr: &Expr, into: &mut Vec<Selector>) {
    match expr {
        Expr::VectorSelector(selector) => into.push(Selector::new(selector)),
        Expr::MatrixSelector(selector) => into.push(Selector::new(&selector.vs)),
        other => children(other).for_each(|child| collect(child, into)),
    }
}

fn children(expr: &Expr) -> impl Iterator<Item = &Expr> {
    let list: Vec<&Expr> = match expr {
        Expr::Aggregate(aggregate) => {
            aggregate.param.iter().chain([&aggregate.expr]).map(AsRef::as_ref).collect()
        }
        Expr::Unary(unary) => vec![&unary.expr],
        Expr::Binary(binary) => vec![&binary.lhs, &binary.rhs],
        Expr::Paren(paren) => vec![&paren.expr],
        Expr::Subquery(subquery) => vec![&subquery.expr],
        Expr::Call(call) => call.args.args.iter().map(AsRef::as_ref).collect(),
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Extension(_) => Vec::new(),
    };
    list.into_iter()
}

fn check_depth(expr: &Expr, left: usize) -> Result<(), Error> {
    if left == 0 {
        return Err(Error::Parse(format!("the query is nested deeper than {MAX_DEPTH} levels")));
    }
    let matchers = match expr {
        Expr::VectorSelector(VectorSelector { matchers, .. }) => Some(matchers),
        Expr::MatrixSelector(matrix) => Some(&matrix.vs.matchers),
        _ => None,
    };
    if let Some(problem) = matchers.and_then(unusable) {
        return Err(Error::Parse(problem));
    }
    children(expr).try_for_each(|child| check_depth(child, left - 1))
}

fn unusable(matchers: &Matchers) -> Option<String> {
    let all = || matchers.matchers.iter().chain(matchers.or_matchers.iter().flatten());
    let empty = |matcher: &&Matcher| matcher.name.is_empty();
    all().find(empty).map(|_| "a label name is empty".to_owned())
}

/// Counts what may become levels or regular expressions, outside of strings and comments.
fn check_text(text: &str) -> Result<(), Error> {
    if text.len() > MAX_TEXT {
        return Err(Error::Parse(format!("the query is longer than {MAX_TEXT} bytes")));
    }
    let (mut operators, mut regexes) = (0, 0);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            quote @ (b'"' | b'\'' | b'`') => skip_string(&mut bytes, quote),
            b'#' => while bytes.next_if(|byte| *byte != b'\n').is_some() {},
            b'~' => regexes += 1,
            b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'(' | b'[' | b'=' | b'<' | b'>' => operators += 1,
            _ => {}
        }
    }
    if operators > MAX_OPERATORS {
        return Err(Error::Parse(format!("the query has more than {MAX_OPERATORS} operators and brackets")));
    }
    if regexes > MAX_REGEXES {
        return Err(Error::Parse(format!("the query has more than {MAX_REGEXES} regular expressions")));
    }
    Ok(())
}

fn skip_string(bytes: &mut impl Iterator<Item = u8>, quote: u8) {
    while let Some(byte) = bytes.next() {
        if byte == quote {
            return;
        }
        if byte == b'\\' && quote != b'`' {
            bytes.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_texts_are_refused_before_they_cost_anything() {
        for text in [
            "(".repeat(2000),
            "-".repeat(16_000) + "a",
            format!("{}a{}", "(".repeat(500), ")".repeat(500)),
            "a or ".repeat(500) + "a",
            "x".repeat(MAX_TEXT + 1),
            format!("{{{}}}", r#"a=~"b{100}","#.repeat(65)),
            "sum(".to_owned(),
            String::new(),
            "a{".to_owned(),
        ] {
            assert!(matches!(Query::parse(&text), Err(Error::Parse(_))), "{text:.40}");
        }
    }

    #[test]
    fn selectors_are_found_wherever_they_are() {
        let found = selectors(r#"sum(rate(a{x="1"}[5m])) / b + max_over_time((c)[5m:])"#).unwrap();
        let names: Vec<_> = found.iter().filter_map(Selector::metric_name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert!(Query::parse("# nothing but words (((\n1").unwrap().has_steps());
        assert!(!Query::parse("a[5m]").unwrap().has_steps());
    }
}
