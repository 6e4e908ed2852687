//! The layout of `format_query`: one line where a query fits, else one line per stage, operand and operator.

use std::fmt::Write as _;

use crate::error::ParseError;
use crate::syntax::ast::{Expr, LogExpr, MetricExpr, RangeAggregation};
use crate::syntax::parser::parse_expr;
use crate::syntax::print::metric::{Arguments, Head, Operator, Window};

/// Longer text is split.
const LINE_CHARS: usize = 100;
const INDENT: &str = "  ";

/// Parses a query and lays it out.
pub fn format_query(text: &str) -> Result<String, ParseError> {
    let expr = parse_expr(text)?;
    let mut layout = Layout { out: String::new() };
    match &expr {
        Expr::Log(log) => layout.log(log, 0),
        Expr::Metric(metric) => layout.metric(metric, 0),
    }
    Ok(layout.out)
}

struct Layout {
    out: String,
}

impl Layout {
    fn text(&mut self, level: usize, text: impl std::fmt::Display) {
        for _ in 0..level {
            self.out.push_str(INDENT);
        }
        let _infallible = write!(self.out, "{text}");
    }

    /// Writes `item` on one line if it fits.
    fn fits(&mut self, item: &dyn std::fmt::Display, level: usize) -> bool {
        let line = item.to_string();
        let fits = line.chars().count() <= LINE_CHARS;
        if fits {
            self.text(level, line);
        }
        fits
    }

    fn log(&mut self, log: &LogExpr, level: usize) {
        if self.fits(log, level) {
            return;
        }
        self.text(level, &log.selector);
        for stage in &log.stages {
            self.out.push('\n');
            self.text(level + 1, stage);
        }
    }

    fn metric(&mut self, metric: &MetricExpr, level: usize) {
        if self.fits(metric, level) {
            return;
        }
        match metric {
            MetricExpr::Range(range) => self.range(range, level),
            MetricExpr::Vector(vector) => {
                self.text(level, format_args!("{}{}\n", vector.op.as_str(), Head(vector)));
                self.metric(&vector.inner, level + 1);
                self.out.push('\n');
                self.text(level, ")");
            }
            MetricExpr::Binary(binary) => {
                self.operand(&binary.left, level + 1);
                self.out.push('\n');
                self.text(level, format_args!("{}\n", Operator(binary).to_string().trim_end()));
                self.operand(&binary.right, level + 1);
            }
            MetricExpr::LabelReplace(replace) => {
                self.text(level, "label_replace(\n");
                self.metric(&replace.inner, level + 1);
                self.out.push_str(",\n");
                self.text(level + 1, Arguments(replace));
                self.out.push('\n');
                self.text(level, ")");
            }
            MetricExpr::VectorOf(_) | MetricExpr::Number(_) => self.text(level, metric),
        }
    }

    /// An operand of an operator: one that is split and an operation itself needs parentheses.
    fn operand(&mut self, metric: &MetricExpr, level: usize) {
        if self.fits(metric, level) {
            return;
        }
        if !matches!(metric, MetricExpr::Binary(_)) {
            return self.metric(metric, level);
        }
        self.text(level, "(\n");
        self.metric(metric, level + 1);
        self.out.push('\n');
        self.text(level, ")");
    }

    fn range(&mut self, range: &RangeAggregation, level: usize) {
        self.text(level, format_args!("{}(\n", range.op.as_str()));
        if let Some(param) = range.param {
            self.text(level + 1, format_args!("{},\n", crate::gotext::float::Plain(param)));
        }
        self.log(&range.log, level + 1);
        if let Some(unwrap) = &range.unwrap {
            self.out.push('\n');
            self.text(level + 2, unwrap);
        }
        let _infallible = writeln!(self.out, " {}", Window { range: range.range, offset: range.offset });
        self.text(level, ")");
        if let Some(grouping) = &range.grouping {
            self.text(0, format_args!(" {grouping}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: &str = r#"  sum by (container)(
    rate(
      {job="loki", namespace="loki-prod"} |= "a needle" | json | level="error" | line_format "{{.msg}}" [5m]
    )
  )
/ on (container)
  sum by (container)(rate({job="loki", namespace="loki-prod"}[5m]))"#;

    #[test]
    fn long_queries_are_split_and_parse_to_the_same_tree() {
        let query = r#"sum by (container)(rate({job="loki", namespace="loki-prod"} |= "a needle" | json | level="error" | line_format "{{.msg}}" [5m])) / on (container) sum by (container)(rate({job="loki", namespace="loki-prod"}[5m]))"#;
        let pretty = format_query(query).unwrap();
        assert_eq!(pretty, EXPECTED);
        assert_eq!(parse_expr(&pretty), parse_expr(query));
    }

    #[test]
    fn short_queries_stay_on_one_line() {
        for (query, expected) in [
            ("sum(rate({job=\"x\"}[5m]))by(a)", "sum by (a)(rate({job=\"x\"}[5m]))"),
            ("{job=\"x\"} # comment", "{job=\"x\"}"),
            ("1+2*3", "7"),
            ("{job=\"x\"} | a>5 and b<6ms or c=7KB", "{job=\"x\"} | ( ( a>5 , b<6ms ) or c==7.0kB )"),
        ] {
            assert_eq!(format_query(query).as_deref(), Ok(expected));
        }
    }
}
