//! From text to tree and back: lexer, parser, syntax tree, printer, checks.

mod ast;
mod chars;
mod check;
pub(crate) mod fold;
mod lexer;
mod parser;
mod pretty;
mod print;
mod regexes;
mod token;

pub use ast::{
    BinaryExpr, BinaryOp, ByteLiteral, Cardinality, Comparison, Expr, Extraction, FilterOp, FormatSource,
    Grouping, LabelEdit, LabelFilter, LabelFormat, LabelReplace, LineFilter, LineMatch, LogExpr, LogQuery,
    LogfmtFlags, MatchOp, Matcher, Matching, MetricExpr, Quantity, RangeAggregation, RangeOp, Selector,
    Stage, Unwrap, UnwrapConversion, VectorAggregation, VectorOp,
};
pub use parser::{parse, parse_expr, parse_metric, parse_selector};
pub use pretty::format_query;
