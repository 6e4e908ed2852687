//! From a line to a sample: what a range aggregation takes from each line that passes its pipeline.

use crate::error::ParseError;
use crate::gotext::{bytesize, duration, float};
use crate::pipeline::label_filter::Condition;
use crate::pipeline::labels::{Texts, WorkLabels};
use crate::pipeline::names::{NameId, Names};
use crate::syntax::{RangeOp, Unwrap, UnwrapConversion};

const ERROR: &str = "SampleExtractionErr";

/// How a line becomes a number.
#[derive(Debug, Clone)]
pub(crate) enum Extract {
    /// Every line counts 1.
    One,
    /// The length of the line.
    Bytes,
    Unwrap(CompiledUnwrap),
}

#[derive(Debug, Clone)]
pub(crate) struct CompiledUnwrap {
    pub label: NameId,
    conversion: Option<UnwrapConversion>,
    pub filters: Vec<Condition>,
}

impl Extract {
    pub(crate) fn new(op: RangeOp, unwrap: Option<&Unwrap>, names: &mut Names) -> Result<Self, ParseError> {
        Ok(match (op, unwrap) {
            (RangeOp::Bytes | RangeOp::BytesRate, _) => Self::Bytes,
            (_, None) => Self::One,
            (_, Some(unwrap)) => {
                let filter = |filter| Condition::new(filter, names);
                let filters = unwrap.filters.iter().map(filter).collect::<Result<_, _>>()?;
                let label = names.intern(&unwrap.label);
                Self::Unwrap(CompiledUnwrap { label, conversion: unwrap.conversion, filters })
            }
        })
    }

    /// The label whose value becomes the sample, and which is therefore no label of the series.
    pub(crate) fn label(&self) -> Option<NameId> {
        match self {
            Self::Unwrap(unwrap) => Some(unwrap.label),
            _ => None,
        }
    }

    /// The number; `None` when the line has none and is left out.
    pub(crate) fn value(&self, line: &str, labels: &mut WorkLabels, texts: Texts<'_>) -> Option<f64> {
        match self {
            Self::One => Some(1.0),
            Self::Bytes => Some(line.len() as f64),
            Self::Unwrap(unwrap) => unwrap.value(labels, texts),
        }
    }
}

impl CompiledUnwrap {
    /// Whether the label's value is taken as it is.
    pub(crate) fn is_plain(&self) -> bool {
        self.conversion.is_none() && self.filters.is_empty()
    }

    fn value(&self, labels: &mut WorkLabels, texts: Texts<'_>) -> Option<f64> {
        let text = labels.get(self.label, texts).filter(|text| !text.is_empty())?;
        let value = match self.conversion {
            None => float::parse(text).map_err(|error| error.to_string()),
            Some(UnwrapConversion::Bytes) => bytesize::parse(text).map(|bytes| bytes as f64),
            Some(UnwrapConversion::Duration | UnwrapConversion::DurationSeconds) => {
                duration::parse_go(text).map(|nanos| nanos as f64 / 1e9).map_err(|error| error.to_string())
            }
        };
        let value = value.unwrap_or_else(|problem| {
            labels.set_error(ERROR, &problem);
            0.0
        });
        self.filters.iter().all(|filter| filter.accepts(labels, texts)).then_some(value)
    }
}
