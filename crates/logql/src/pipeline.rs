//! What happens to the lines that a selector chooses.

mod ip;
mod line_filter;
mod pattern;

pub use line_filter::{CompiledFilter, CompiledFilters};

use crate::error::ParseError;
use crate::syntax::{RangeAggregation, Stage};

/// Checks stages as far as that takes no lines.
pub(crate) fn check(stages: &[Stage]) -> Result<(), ParseError> {
    for stage in stages {
        if let Stage::LineFilter(filter) = stage {
            CompiledFilter::new(filter)?;
        }
    }
    Ok(())
}

pub(crate) fn check_range(aggregation: &RangeAggregation) -> Result<(), ParseError> {
    check(&aggregation.log.stages)
}
