//! Evaluation of checked queries.

mod arithmetic;
mod compile;
mod context;
mod expr;
mod mask;
mod output;
mod pipeline;
mod pushdown;
mod tree;
mod view;

pub(crate) use arithmetic::constant;
pub(crate) use compile::{Compiler, Plan, Sets, Step};
pub(crate) use context::Context;
pub(crate) use expr::Code;
pub(crate) use output::owned;
pub use output::{FoundSpan, OwnedValue, SpanSet};
pub(crate) use pipeline::Group;

/// Why a query that is right in itself has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    #[error("spanset operators are not supported for multiple spansets per trace. consider using coalesce()")]
    SeveralSets,
    #[error("the answer would have more than {0} series; group by fewer or less varied fields")]
    TooManySeries(usize),
}
