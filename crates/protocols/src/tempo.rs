//! Answers of Tempo's API: protobuf messages and the JSON that goes with them.

mod json;
mod metrics;
mod search;
mod trace;

pub use json::{JsonTrace, TraceKey, trace_json};
pub use metrics::{Exemplar, InstantSeries, QueryInstantResponse, QueryRangeResponse, Sample, TimeSeries};
pub use search::{
    MetadataMetrics, SearchMetrics, SearchResponse, SearchSpan, ServiceStats, SpanSet, TagScope, TagValue,
    TagValuesResponse, TagValuesV2Response, TagsResponse, TagsV2Response, TraceSearchMetadata,
};
pub use trace::{PartialStatus, Trace, TraceByIdMetrics, TraceByIdResponse};
