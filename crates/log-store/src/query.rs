//! Answering queries: parameters, finding rows, and the answers' shape.

mod buckets;
mod budget;
mod columnar;
mod fields;
mod limits;
mod params;
mod patterns;
mod response;
mod run;
mod scan;
mod sources;
mod streams;
#[cfg(test)]
mod tests;
mod touched;
mod twins;
mod undeleted;
mod volume;
mod workers;

pub(crate) use buckets::{Buckets, Group, GroupBy, share};
pub(crate) use budget::{Budget, QueryError};
pub(crate) use fields::{DetectedField, detect_fields, field_values};
pub(crate) use limits::{check_bytes_read, check_query, in_days, query_tags};
pub(crate) use params::{Params, RangeParams, parse_time};
pub(crate) use patterns::{FoundPattern, PatternPlan, find_patterns};
pub(crate) use response::{EncodingFlags, metric_answer, streams_answer};
pub(crate) use run::{Context, run_log, run_metric};
pub(crate) use scan::Scanned;
pub(crate) use streams::find_streams;
pub(crate) use twins::KnownTwins;
pub(crate) use volume::{Amount, Tally, measure};
