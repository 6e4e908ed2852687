//! Queries that yield numbers.

use crate::syntax::ast::{LabelFilter, LogExpr};

/// An expression whose value is a number per label set.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricExpr {
    Range(Box<RangeAggregation>),
    Vector(Box<VectorAggregation>),
    Binary(Box<BinaryExpr>),
    LabelReplace(Box<LabelReplace>),
    /// `vector(1)`: one sample without labels.
    VectorOf(f64),
    Number(f64),
}

/// `rate({…} | … [5m] offset 1m)`.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeAggregation {
    pub op: RangeOp,
    pub param: Option<f64>,
    pub log: LogExpr,
    pub unwrap: Option<Unwrap>,
    /// Nanoseconds.
    pub range: i64,
    /// Nanoseconds back in time.
    pub offset: i64,
    pub grouping: Option<Grouping>,
}

/// `| unwrap duration(took) | took > 5`.
#[derive(Debug, Clone, PartialEq)]
pub struct Unwrap {
    pub label: String,
    pub conversion: Option<UnwrapConversion>,
    /// Filters after the conversion, which see its errors.
    pub filters: Vec<LabelFilter>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnwrapConversion {
    Bytes,
    Duration,
    DurationSeconds,
}

/// `sum by (a) (…)`.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorAggregation {
    pub op: VectorOp,
    pub param: Option<i64>,
    pub inner: MetricExpr,
    pub grouping: Option<Grouping>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grouping {
    pub without: bool,
    pub labels: Vec<String>,
}

/// `a / on (x) group_left (y) b`.
#[derive(Debug, Clone, PartialEq)]
pub struct BinaryExpr {
    pub op: BinaryOp,
    /// `bool`: a comparison yields 0 or 1 instead of filtering.
    pub returns_bool: bool,
    pub matching: Option<Matching>,
    pub left: MetricExpr,
    pub right: MetricExpr,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matching {
    /// `on`: only these labels decide; otherwise (`ignoring`) all but these.
    pub on: bool,
    pub labels: Vec<String>,
    pub cardinality: Cardinality,
    /// Labels that `group_left (…)` copies from the one side.
    pub include: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cardinality {
    #[default]
    OneToOne,
    /// `group_left`: many on the left.
    ManyToOne,
    /// `group_right`: many on the right.
    OneToMany,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LabelReplace {
    pub inner: MetricExpr,
    pub target: String,
    pub replacement: String,
    pub source: String,
    pub regex: String,
}

/// Declares an enum of words with their text.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            pub(crate) fn named(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(
    /// Functions of the lines in a window of time.
    RangeOp {
        Count = "count_over_time",
        Rate = "rate",
        RateCounter = "rate_counter",
        Bytes = "bytes_over_time",
        BytesRate = "bytes_rate",
        Absent = "absent_over_time",
        Sum = "sum_over_time",
        Avg = "avg_over_time",
        Min = "min_over_time",
        Max = "max_over_time",
        Stddev = "stddev_over_time",
        Stdvar = "stdvar_over_time",
        Quantile = "quantile_over_time",
        First = "first_over_time",
        Last = "last_over_time",
    }
);

words!(
    /// Functions of the series at a moment.
    VectorOp {
        Sum = "sum",
        Avg = "avg",
        Min = "min",
        Max = "max",
        Count = "count",
        Stddev = "stddev",
        Stdvar = "stdvar",
        Topk = "topk",
        Bottomk = "bottomk",
        ApproxTopk = "approx_topk",
        Sort = "sort",
        SortDesc = "sort_desc",
    }
);

words!(
    BinaryOp {
        Or = "or",
        And = "and",
        Unless = "unless",
        Add = "+",
        Sub = "-",
        Mul = "*",
        Div = "/",
        Mod = "%",
        Pow = "^",
        Equal = "==",
        NotEqual = "!=",
        Greater = ">",
        GreaterOrEqual = ">=",
        Less = "<",
        LessOrEqual = "<=",
    }
);

impl VectorOp {
    pub fn takes_param(self) -> bool {
        matches!(self, Self::Topk | Self::Bottomk | Self::ApproxTopk)
    }
}

impl BinaryOp {
    pub fn is_set(self) -> bool {
        matches!(self, Self::Or | Self::And | Self::Unless)
    }

    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Greater
                | Self::GreaterOrEqual
                | Self::Less
                | Self::LessOrEqual
        )
    }

    /// Higher binds tighter.
    pub(crate) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And | Self::Unless => 2,
            op if op.is_comparison() => 3,
            Self::Add | Self::Sub => 4,
            Self::Pow => 6,
            _ => 5,
        }
    }
}
