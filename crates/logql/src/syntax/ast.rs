//! The syntax tree.

mod label_filter;
mod metric;

pub use label_filter::{ByteLiteral, Comparison, LabelFilter, Quantity};
pub use metric::{
    BinaryExpr, BinaryOp, Cardinality, Grouping, LabelReplace, Matching, MetricExpr, RangeAggregation,
    RangeOp, Unwrap, UnwrapConversion, VectorAggregation, VectorOp,
};

/// A whole query.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Log(LogExpr),
    Metric(MetricExpr),
}

/// Which streams, and what happens to their lines.
#[derive(Debug, Clone, PartialEq)]
pub struct LogExpr {
    pub selector: Selector,
    pub stages: Vec<Stage>,
}

/// The part of LogQL that needs no pipeline: a selector and line filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    pub selector: Selector,
    pub filters: Vec<LineFilter>,
}

/// `{a="b", c!~"d.*"}`: which streams.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    pub matchers: Vec<Matcher>,
}

/// One condition on a label; a label that is missing counts as empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    pub name: String,
    pub op: MatchOp,
    pub value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchOp {
    Equal,
    NotEqual,
    Regex,
    NotRegex,
}

impl MatchOp {
    pub fn is_regex(self) -> bool {
        matches!(self, Self::Regex | Self::NotRegex)
    }

    pub fn is_negative(self) -> bool {
        matches!(self, Self::NotEqual | Self::NotRegex)
    }
}

/// One step of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    LineFilter(LineFilter),
    /// Without extractions: every field.
    Json(Vec<Extraction>),
    Logfmt {
        flags: LogfmtFlags,
        extractions: Vec<Extraction>,
    },
    Regexp(String),
    Pattern(String),
    Unpack,
    LabelFilter(LabelFilter),
    LineFormat(String),
    LabelFormat(Vec<LabelFormat>),
    Decolorize,
    Drop(Vec<LabelEdit>),
    Keep(Vec<LabelEdit>),
}

/// `|= "a" or "b"`: a line passes a positive filter when any operand matches, a negative one when none does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFilter {
    pub op: FilterOp,
    /// At least one.
    pub operands: Vec<LineMatch>,
}

/// What a line filter looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineMatch {
    Text(String),
    /// An address, a range of addresses or a network.
    Ip(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterOp {
    Contains,
    NotContains,
    Regex,
    NotRegex,
    Pattern,
    NotPattern,
}

impl FilterOp {
    pub fn is_negative(self) -> bool {
        matches!(self, Self::NotContains | Self::NotRegex | Self::NotPattern)
    }

    pub fn is_regex(self) -> bool {
        matches!(self, Self::Regex | Self::NotRegex)
    }
}

/// `name="expression"` of `json` and `logfmt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extraction {
    pub name: String,
    pub expression: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogfmtFlags {
    pub strict: bool,
    pub keep_empty: bool,
}

/// `name=source` of `label_format`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelFormat {
    pub name: String,
    pub source: FormatSource,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatSource {
    /// Renames that label.
    Label(String),
    Template(String),
}

/// What `drop` and `keep` name: a label, or a label whose value matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelEdit {
    Name(String),
    Matching(Matcher),
}
