//! What the regular expressions of a query may take together. One of them may be large; thousands of large ones, in a
//! query of no length, would take gigabytes and minutes.

use crate::error::ParseError;
use crate::gotext::regex;
use crate::syntax::ast::{
    Expr, LabelEdit, LabelFilter, LineFilter, LineMatch, LogExpr, Matcher, MetricExpr, Selector, Stage,
};

/// So many may each be as large as one may be.
const FREE: usize = 4;
/// Bytes for all when there are more.
const TOGETHER: usize = 32 << 20;
/// Bytes that each of however many has.
const AT_LEAST: usize = 8 << 10;

/// Refuses a query whose regular expressions are too many and too large.
pub(super) fn check(expr: &Expr) -> Result<(), ParseError> {
    let mut patterns = Vec::new();
    match expr {
        Expr::Log(log) => of_log(log, &mut patterns),
        Expr::Metric(metric) => of_metric(metric, &mut patterns),
    }
    check_together(&patterns)
}

/// The same for a selector alone.
pub(super) fn check_selector(selector: &Selector) -> Result<(), ParseError> {
    let mut patterns = Vec::new();
    of_matchers(&selector.matchers, &mut patterns);
    check_together(&patterns)
}

fn check_together(patterns: &[&str]) -> Result<(), ParseError> {
    if patterns.len() <= FREE {
        return Ok(());
    }
    let each = (TOGETHER / patterns.len()).max(AT_LEAST);
    for pattern in patterns {
        if !regex::fits(pattern, each) {
            return Err(ParseError::new(format!(
                "the regular expressions of the query are too many and too large: {} of them may take {each} bytes each",
                patterns.len()
            )));
        }
    }
    Ok(())
}

fn of_metric<'e>(expr: &'e MetricExpr, out: &mut Vec<&'e str>) {
    match expr {
        MetricExpr::Number(_) | MetricExpr::VectorOf(_) => {}
        MetricExpr::Range(aggregation) => of_log(&aggregation.log, out),
        MetricExpr::Vector(aggregation) => of_metric(&aggregation.inner, out),
        MetricExpr::Binary(binary) => {
            of_metric(&binary.left, out);
            of_metric(&binary.right, out);
        }
        MetricExpr::LabelReplace(replace) => {
            out.push(&replace.regex);
            of_metric(&replace.inner, out);
        }
    }
}

fn of_log<'e>(log: &'e LogExpr, out: &mut Vec<&'e str>) {
    of_matchers(&log.selector.matchers, out);
    for stage in &log.stages {
        match stage {
            Stage::LineFilter(filter) => of_line_filter(filter, out),
            Stage::Regexp(pattern) => out.push(pattern),
            Stage::LabelFilter(filter) => of_label_filter(filter, out),
            Stage::Drop(edits) | Stage::Keep(edits) => {
                for edit in edits {
                    if let LabelEdit::Matching(matcher) = edit {
                        of_matchers(std::slice::from_ref(matcher), out);
                    }
                }
            }
            Stage::Json(_)
            | Stage::Logfmt { .. }
            | Stage::Pattern(_)
            | Stage::Unpack
            | Stage::LineFormat(_)
            | Stage::LabelFormat(_)
            | Stage::Decolorize => {}
        }
    }
}

fn of_matchers<'e>(matchers: &'e [Matcher], out: &mut Vec<&'e str>) {
    out.extend(matchers.iter().filter(|matcher| matcher.op.is_regex()).map(|matcher| matcher.value.as_str()));
}

fn of_line_filter<'e>(filter: &'e LineFilter, out: &mut Vec<&'e str>) {
    if !filter.op.is_regex() {
        return;
    }
    for operand in &filter.operands {
        if let LineMatch::Text(pattern) = operand {
            out.push(pattern);
        }
    }
}

fn of_label_filter<'e>(filter: &'e LabelFilter, out: &mut Vec<&'e str>) {
    match filter {
        LabelFilter::Matcher(matcher) => of_matchers(std::slice::from_ref(matcher), out),
        LabelFilter::And(filters) | LabelFilter::Or(filters) => {
            filters.iter().for_each(|filter| of_label_filter(filter, out));
        }
        LabelFilter::Number { .. }
        | LabelFilter::Duration { .. }
        | LabelFilter::Bytes { .. }
        | LabelFilter::Ip { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::parse_expr;

    #[test]
    fn few_large_and_many_small_ones_pass_but_not_many_large_ones() {
        let query =
            |pattern: &str, count: usize| r#"{a="b"}"#.to_owned() + &format!(" |~ `{pattern}`").repeat(count);
        for (pattern, count, passes) in
            [(r"\pL{50}", 3, true), (r"error|warn(ing)?", 300, true), (r"\pL{50}", 60, false)]
        {
            let parsed = parse_expr(&query(pattern, count));
            assert_eq!(parsed.is_ok(), passes, "{pattern} {count} times: {:?}", parsed.err());
        }
        let error = parse_expr(&query(r"\w{900}", 500)).unwrap_err().to_string();
        assert!(error.contains("too many and too large"), "{error}");
    }
}
