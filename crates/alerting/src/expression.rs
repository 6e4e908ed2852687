//! Expressions: what the server computes itself from the answers of data sources.

mod classic;
mod evaluator;
pub mod math;
mod reduce;
mod resample;
mod threshold;

pub use classic::Classic;
pub use evaluator::Evaluator;
pub use math::Math;
pub use reduce::{Mode, Reduce, Reducer};
pub use resample::Resample;
pub use threshold::Threshold;

use serde_json::{Map, Value as Json};

use crate::plan::Context;
use crate::value::Values;

/// The uid of the data source that expressions name, and the one of old rules.
pub const DATA_SOURCE_UIDS: [&str; 2] = ["__expr__", "-100"];

/// Series of one answer, so that what is computed of them stays bounded.
pub(crate) const RESULTS_MAX: usize = 50_000;

/// Why an expression cannot be read or computed. Texts are for the people who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ExpressionError(pub(crate) String);

pub(crate) type Result<T> = std::result::Result<T, ExpressionError>;

pub(crate) fn error<T>(message: impl Into<String>) -> Result<T> {
    Err(ExpressionError(message.into()))
}

/// One expression, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    Math(Math),
    Reduce(Reduce),
    Resample(Resample),
    Threshold(Threshold),
    Classic(Classic),
}

impl Expression {
    /// Reads the model of a query whose data source is `__expr__`. Unknown keys are left alone: interfaces leave many.
    pub fn from_model(model: &Map<String, Json>) -> Result<Self> {
        match text(model, "type").unwrap_or_default() {
            "math" => Ok(Self::Math(Math::parse(required(model, "expression")?)?)),
            "reduce" => Ok(Self::Reduce(Reduce::from_model(model)?)),
            "resample" => Ok(Self::Resample(Resample::from_model(model)?)),
            "threshold" => Ok(Self::Threshold(Threshold::from_model(model)?)),
            "classic_conditions" => Ok(Self::Classic(Classic::from_model(model)?)),
            "sql" => error("SQL expressions are not supported here: use math, reduce, resample or threshold"),
            "" => {
                error("an expression needs a type: math, reduce, resample, threshold or classic_conditions")
            }
            other => error(format!(
                "unknown type of expression {other:?}: known are math, reduce, resample, threshold and classic_conditions"
            )),
        }
    }

    /// The nodes it reads.
    #[must_use]
    pub fn inputs(&self) -> Vec<&str> {
        match self {
            Self::Math(math) => math.variables(),
            Self::Reduce(reduce) => vec![&reduce.input],
            Self::Resample(resample) => vec![&resample.input],
            Self::Threshold(threshold) => vec![&threshold.input],
            Self::Classic(classic) => classic.inputs(),
        }
    }

    /// Computes it. `input` gives what the named node gave.
    pub fn evaluate<'v>(&self, input: &dyn Fn(&str) -> &'v Values, context: &Context<'_>) -> Result<Values> {
        match self {
            Self::Math(math) => math.evaluate(input),
            Self::Reduce(reduce) => Ok(reduce.evaluate(input(&reduce.input))),
            Self::Resample(resample) => resample.evaluate(input(&resample.input), context),
            Self::Threshold(threshold) => Ok(threshold.evaluate(input(&threshold.input), context)),
            Self::Classic(classic) => Ok(classic.evaluate(input)),
        }
    }
}

/// A text field that is not empty.
pub(crate) fn text<'m>(model: &'m Map<String, Json>, name: &str) -> Option<&'m str> {
    model.get(name).and_then(Json::as_str).map(str::trim).filter(|text| !text.is_empty())
}

fn required<'m>(model: &'m Map<String, Json>, name: &str) -> Result<&'m str> {
    text(model, name).ok_or_else(|| ExpressionError(format!("{name} is empty")))
}

/// The node that `expression` names, with or without a dollar before it.
fn input_of(model: &Map<String, Json>) -> Result<String> {
    let named = required(model, "expression")?;
    let bare = named.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    Ok(bare.or_else(|| named.strip_prefix('$')).unwrap_or(named).trim().to_owned())
}
