//! Why a query has no value.

/// See the module. The texts are those of Loki.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    #[error(
        "pipeline error: '{error}' for series: '{series}'.\nUse a label filter to intentionally skip this error. (e.g \
         | __error__!=\"{error}\").\nTo skip all potential errors you can match empty errors.(e.g __error__=\"\")\nThe \
         label filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" )\n"
    )]
    Pipeline { error: String, series: String },
    #[error(
        "maximum number of series ({limit}) reached for a single query; consider reducing query cardinality by adding \
         more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), \
         count() or topk()"
    )]
    TooManySeries { limit: usize },
    #[error(
        "the query holds too many series in memory (limit: {limit}); consider adding more specific stream selectors or \
         aggregating by fewer labels"
    )]
    TooManyInnerSeries { limit: usize },
    #[error(
        "found duplicate series on the {side} hand-side;many-to-many matching not allowed: matching labels must be \
         unique on one side"
    )]
    ManyToMany { side: &'static str },
    #[error("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")]
    ManyToOne,
    #[error("multiple matches for labels: grouping labels must ensure unique matches")]
    NotUnique,
    #[error("approx_topk is only supported on instant queries")]
    ApproxTopkInRange,
}

impl EvalError {
    /// Whether the query as written can't be answered, whatever the data: Loki answers 500 for these.
    pub fn is_internal_in_loki(&self) -> bool {
        matches!(self, Self::ManyToMany { .. } | Self::ManyToOne | Self::NotUnique | Self::ApproxTopkInRange)
    }
}
