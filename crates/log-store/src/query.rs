//! Answering queries: parameters, finding rows, and the answers' shape.

mod buckets;
mod budget;
mod columnar;
mod fields;
mod params;
mod patterns;
mod response;
mod run;
mod scan;
mod sources;
mod streams;
#[cfg(test)]
mod tests;
mod twins;
mod volume;
mod workers;

pub(crate) use buckets::{Buckets, Group, GroupBy, share};
pub(crate) use budget::{Budget, QueryError};
pub(crate) use fields::{DetectedField, detect_fields, field_values};
pub(crate) use params::{Params, RangeParams};
pub(crate) use patterns::{FoundPattern, PatternPlan, find_patterns};
pub(crate) use response::{EncodingFlags, metric_answer, streams_answer};
pub(crate) use run::{Context, run_log, run_metric};
pub(crate) use streams::find_streams;
pub(crate) use volume::{Amount, Tally, measure};
