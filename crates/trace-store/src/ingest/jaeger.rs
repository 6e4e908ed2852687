//! Jaeger's receivers: thrift over HTTP (`POST /api/traces`) and gRPC (`CollectorService/PostSpans`).
//!
//! Both forms are read into the same messages, and those become OTLP as the OpenTelemetry collector translates them.

mod grpc;
mod http;
mod messages;
mod thrift;
mod translate;

pub(crate) use grpc::CollectorService;
pub(crate) use http::router;

use protocols::otlp::ExportTraceServiceRequest;

use super::IngestError;

/// A batch in thrift as OTLP.
pub(crate) fn read_thrift(body: &[u8]) -> Result<ExportTraceServiceRequest, IngestError> {
    thrift::batch(body).map(translate::request)
}
