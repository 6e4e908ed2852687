//! Limits of the store by Tempo's names.

use super::file::File;
use crate::ingest::limits::IngestLimits;
use crate::ingest::rate::Rate;
use crate::query::QueryLimits;

impl File {
    pub(super) fn ingest_limits(&self) -> IngestLimits {
        let mut limits = IngestLimits::default();
        if let Some(bytes) = self.server.as_ref().and_then(|server| server.grpc_server_max_recv_msg_size) {
            limits.grpc_request_bytes = bytes;
        }
        for (_, endpoint) in self.endpoints() {
            if let Some(mib) = endpoint.max_recv_msg_size_mib {
                limits.grpc_request_bytes = mib << 20;
            }
            if let Some(bytes) = endpoint.max_request_body_size {
                limits.http_request_bytes = bytes;
            }
        }
        let tenant = || self.defaults()?.ingestion.as_ref()?.max_attribute_bytes;
        let all = || self.distributor.as_ref()?.max_attribute_bytes;
        if let Some(bytes) = tenant().or_else(all).filter(|bytes| *bytes > 0) {
            limits.attribute_bytes = bytes;
        }
        limits.rate = self.rate();
        limits
    }

    /// Unlike in Tempo there is no limit unless the file sets one.
    fn rate(&self) -> Option<Rate> {
        let ingestion = self.defaults()?.ingestion.as_ref()?;
        let bytes_per_second = ingestion.rate_limit_bytes.filter(|bytes| *bytes > 0)?;
        let burst_bytes = ingestion.burst_size_bytes.filter(|bytes| *bytes > 0);
        Some(Rate { bytes_per_second, burst_bytes: burst_bytes.unwrap_or(bytes_per_second) })
    }

    pub(super) fn query_limits(&self) -> QueryLimits {
        let mut limits = QueryLimits::default();
        if let Some(search) = self.query_frontend.as_ref().and_then(|frontend| frontend.search.as_ref()) {
            limits.default_limit = search.default_result_limit.unwrap_or(limits.default_limit);
            limits.max_limit = search.max_result_limit.unwrap_or(limits.max_limit);
            limits.default_spans_per_span_set =
                search.default_spans_per_span_set.unwrap_or(limits.default_spans_per_span_set);
            limits.max_spans_per_span_set =
                search.max_spans_per_span_set.unwrap_or(limits.max_spans_per_span_set);
            if let Some(longest) = search.max_duration {
                limits.max_range = (!longest.0.is_zero()).then_some(longest.0);
            }
        }
        if let Some(timeout) =
            self.querier.as_ref().and_then(|querier| querier.search.as_ref()?.query_timeout)
        {
            limits.timeout = timeout.0;
        }
        if let Some(read) = self.defaults().and_then(|defaults| defaults.read.as_ref()) {
            limits.tag_value_bytes = read.max_bytes_per_tag_values_query.unwrap_or(limits.tag_value_bytes);
            limits.pad_trace_ids = read.left_pad_trace_ids.unwrap_or(limits.pad_trace_ids);
            if let Some(longest) = read.max_search_duration.filter(|longest| !longest.0.is_zero()) {
                limits.max_range = Some(longest.0);
            }
        }
        let trace_bytes = self.defaults().and_then(|defaults| defaults.global.as_ref()?.max_bytes_per_trace);
        limits.trace_bytes = trace_bytes.filter(|bytes| *bytes > 0).unwrap_or(limits.trace_bytes);
        limits
    }
}
